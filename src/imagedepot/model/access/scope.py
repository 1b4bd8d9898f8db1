"""Scopes of access tokens, and the patterns of repositories that they reach."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from imagedepot.model.access.role import Role
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.model.names.upstreams import OWN_HOST


class Scope(StrEnum):
    PULL = "pull"  # from /v2/
    PUSH = "push"  # to /v2/, and pull
    READ = "read"  # what a viewer may
    DOWNLOAD = "download"  # what a member may, and read
    ADMIN = "admin"  # everything


_IMPLIED = {
    Scope.PUSH: {Scope.PULL},
    Scope.DOWNLOAD: {Scope.READ},
    Scope.ADMIN: set(Scope),
}
SCOPES_OF = {
    Role.VIEWER: frozenset({Scope.PULL, Scope.READ}),
    Role.MEMBER: frozenset({Scope.PULL, Scope.READ, Scope.PUSH, Scope.DOWNLOAD}),
    Role.ADMIN: frozenset(Scope),
}
NEEDED_BY = {Role.VIEWER: Scope.READ, Role.MEMBER: Scope.DOWNLOAD, Role.ADMIN: Scope.ADMIN}
"""The scope that stands for a role's operations of `/api/v1`."""


def with_implied(scopes: Iterable[Scope]) -> frozenset[Scope]:
    found = set(scopes)
    return frozenset(found.union(*(_IMPLIED.get(scope, ()) for scope in found)))


def reaches(patterns: Iterable[str], reference: Reference | str) -> bool:
    """Whether one of `patterns` matches a docker image's reference or an LXC image's name.

    `*` stands for any text, slashes included. A docker image is matched by its whole name (`ghcr.io/owner/app`,
    `docker.io/library/redis`); one of Docker Hub or of our own also without the host, an official one as `redis`, too.
    """
    names = {reference} if isinstance(reference, str) else {reference.name, reference.familiar_name}
    if isinstance(reference, Reference) and reference.registry in (DOCKER_HUB, OWN_HOST):
        names.add(reference.repository)
    return any(_matches(pattern, name) for pattern in patterns for name in names)


def _matches(pattern: str, name: str) -> bool:
    """Whether the pattern matches, in linear time whatever the pattern."""
    first, *others = pattern.split("*")
    if not others:
        return name == first
    *middle, last = others
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
