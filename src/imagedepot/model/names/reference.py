"""References: `[registry-host[:port]/]repository[:tag][@digest]`, parsed and shown as Docker does.

Grammar: github.com/distribution/reference (`reference.go`), normalisation: its `normalize.go`. A first component
with no dot, no colon, no upper-case letter and not `localhost` is part of a Docker Hub repository, not a host.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest

DOCKER_HUB = "docker.io"
_HUB_ALIASES = {"index.docker.io", "registry.hub.docker.com", "registry-1.docker.io", DOCKER_HUB}
_OFFICIAL = "library/"
_DEFAULT_TAG = "latest"
_LONGEST_NAME = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]{{1,5}})?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_BARE_ID = re.compile(r"[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class TagList:
    """The tags of a repository. `gap`: a sentence on why some may be missing; "" for a complete list."""

    tags: Sequence[str]
    gap: str = ""


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_explicit(text: str) -> bool:
    """Whether a reference names a tag or a digest itself, so that no default applies."""
    return "@" in text or ":" in text.rpartition("/")[2]


def is_repository(text: str) -> bool:
    """Whether `text` is a repository's name without a host: components with slashes between."""
    return len(text) <= _LONGEST_NAME and _REPOSITORY.fullmatch(text) is not None


def normal_registry(host: str) -> str:
    """Docker Hub under any of its names is `docker.io`; any other host is itself."""
    return DOCKER_HUB if host in _HUB_ALIASES else host


def is_host(text: str) -> bool:
    """Whether `text` is `host[:port]` in the grammar of references."""
    host, port = _HOST.fullmatch(text), text.rpartition(":")[2]
    return host is not None and not (port.isdigit() and ":" in text and not text.endswith("]") and int(port) > 65535)


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A normalised reference. Make it with `parse`, `for_tag` or `with_digest`."""

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse and normalise: `redis` is `docker.io/library/redis:latest`; one with a digest gets no default tag.

        Raises `InvalidReference`.
        """
        rest, at, digest_text = text.partition("@")
        digest = Digest.parse(digest_text) if at else None
        slash = rest.rfind("/")
        colon = rest.find(":", slash + 1)
        name, tag = (rest[:colon], rest[colon + 1 :]) if colon >= 0 else (rest, None)
        if tag is not None and not is_tag(tag):
            raise InvalidReference(f"Not a valid tag: {tag[:150]!r}")
        registry, repository = _split(name)
        if tag is None and digest is None:
            tag = _DEFAULT_TAG
        return cls(registry, repository, tag, digest)

    @classmethod
    def for_tag(cls, name: str, tag: str) -> Self:
        """A name and the path's tag segment, which may be a digest.

        `name:tag` inside the name is accepted when it agrees; of a tag and a digest the digest decides.
        Raises `InvalidReference`.
        """
        parsed = cls.parse(name)
        if is_explicit(name) and tag not in (parsed.tag, str(parsed.digest)):
            raise InvalidReference(f"The name {name[:300]!r} does not agree with the tag {tag[:150]!r}")
        if parsed.digest is not None:
            return replace(parsed, tag=None)
        if ":" in tag:
            return replace(parsed, tag=None, digest=Digest.parse(tag))
        if not is_tag(tag):
            raise InvalidReference(f"Not a valid tag: {tag[:150]!r}")
        return replace(parsed, tag=tag, digest=None)

    @property
    def name(self) -> str:
        """`docker.io/library/redis`"""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar_name(self) -> str:
        """`redis`, `lgsd/diamond`, `ghcr.io/a/b`"""
        if self.registry != DOCKER_HUB:
            return self.name
        bare = self.repository.removeprefix(_OFFICIAL)
        first, slash, _ = self.repository.partition("/")
        if slash and ("." in first or first == "localhost"):
            return self.name  # its short form would be read as another registry's
        return self.repository if "/" in bare else bare

    @property
    def familiar(self) -> str:
        """`redis:latest`; the short form that people type."""
        return self.familiar_name + self._suffix

    @property
    def label(self) -> str:
        """The digest where there is one, else the tag: what registries are asked for, and what lists show."""
        return str(self.digest) if self.digest else str(self.tag)

    @property
    def is_official(self) -> bool:
        return self.registry == DOCKER_HUB and self.repository.startswith(_OFFICIAL)

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_digest(self, digest: Digest) -> Self:
        """The same repository, by digest alone."""
        return replace(self, tag=None, digest=digest)

    def __str__(self) -> str:
        return self.name + self._suffix


def _split(name: str) -> tuple[str, str]:
    """Host and repository of a name without tag and digest."""
    if _BARE_ID.fullmatch(name):
        raise InvalidReference(f"Not a repository name, but an image ID: {name}")
    first, slash, rest = name.partition("/")
    is_registry = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    registry, repository = (first, rest) if is_registry else (DOCKER_HUB, name)
    if registry in _HUB_ALIASES:
        registry = DOCKER_HUB
        if "/" not in repository:
            repository = _OFFICIAL + repository
    if not is_host(registry) or not _REPOSITORY.fullmatch(repository):
        raise InvalidReference(f"Not a valid image name: {name[:300]!r}{_hint(name)}")
    if len(registry) + 1 + len(repository) > _LONGEST_NAME:
        raise InvalidReference(f"An image name has at most {_LONGEST_NAME} characters: {name[:60]!r}…")
    return registry, repository


def _hint(name: str) -> str:
    """A suggestion for a name that is invalid only because of its capitals."""
    lower = name.lower()
    if lower == name:
        return ""
    try:
        _split(lower)
    except InvalidReference:
        return ""
    return f" (names are lower-case: {lower})"
