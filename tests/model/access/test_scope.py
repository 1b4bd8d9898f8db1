from __future__ import annotations

import pytest

from imagedepot.model.access.scope import Scope, reaches, with_implied
from imagedepot.model.names.reference import Reference


@pytest.mark.parametrize(
    ("pattern", "name", "reached"),
    [
        ("*", "ghcr.io/a/b", True),
        ("redis", "redis", True),
        ("library/redis", "redis", True),
        ("docker.io/library/redis", "redis", True),
        ("redis", "redis/x", False),
        ("redis", "ghcr.io/redis", False),
        ("team/*", "team/app", True),
        ("team/*", "team/a/b", True),
        ("team/*", "teams/app", False),
        ("team/*", "ghcr.io/team/app", False),
        ("team/*", "depot.internal/team/app", True),
        ("ghcr.io/owner/*", "ghcr.io/owner/app", True),
        ("ghcr.io/owner/*", "ghcr.io/owner2/app", False),
        ("*/app", "team/app", True),
        ("a*a", "a", False),
        ("te*m/*p", "team/app", True),
        ("t*a*x*p", "team/app", False),
        ("registry.lan:5000/*", "registry.lan:5000/x", True),
        (".*", "redis", False),
        ("[r]edis", "redis", False),
    ],
)
def test_a_pattern_reaches_what_it_says(pattern: str, name: str, reached: bool) -> None:
    assert reaches([pattern], Reference.parse(name)) is reached


def test_an_lxc_image_is_matched_by_its_name() -> None:
    assert reaches(["x", "debian/*"], "debian/bookworm")
    assert not reaches(["debian/*"], "alpine/edge")


def test_scopes_imply_others() -> None:
    assert with_implied([Scope.PUSH]) == {Scope.PUSH, Scope.PULL}
    assert with_implied([Scope.DOWNLOAD]) == {Scope.DOWNLOAD, Scope.READ}
    assert with_implied([Scope.ADMIN]) == set(Scope)
    assert with_implied([]) == set()
