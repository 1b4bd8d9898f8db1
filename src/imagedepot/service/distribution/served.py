"""What `/v2/` answers with, and the seam of what holds it: installed images, the mirror's cache, our repositories."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from imagedepot.model.content.manifest import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest

CACHED = " (cached)"
"""What follows the name of a repository of the mirror where it stands among images."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index, byte for byte. `warning` is why it may be old; "" when it is not."""

    raw: bytes
    media_type: str
    digest: Digest
    warning: str = ""

    @property
    def size(self) -> int:
        return len(self.raw)

    def stale(self, warning: str) -> Manifest:
        return replace(self, warning=warning)


@dataclass(frozen=True, slots=True)
class ManifestHead:
    """What an upstream says of a manifest that is not here: enough for the answer to a HEAD."""

    media_type: str
    digest: Digest
    size: int
    warning: str = ""


@dataclass(frozen=True, slots=True)
class WholeBlob:
    """A blob that is here, of `size` bytes."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a tag names, and since when that is known; `moment` is UTC, None where it was not kept."""

    digest: Digest
    moment: datetime | None = None


class Holdings(Protocol):
    """What is held of repositories, each by its full name (`docker.io/library/redis`). Asks no upstream."""

    def tag(self, repository: str, tag: str) -> Tagged | None: ...

    def manifest(self, repository: str, digest: Digest) -> Manifest | None: ...

    def has_blob(self, repository: str, digest: Digest) -> bool:
        """Whether the repository is known to have it, wherever its bytes are."""

    def tags(self, repository: str) -> Collection[str]: ...

    def repositories(self) -> Collection[str]: ...

    def referrers(self, repository: str, digest: Digest) -> Sequence[dict[str, Any]]:
        """Descriptors of the manifests whose `subject` is `digest`."""


def media_type_of(raw: bytes, kept: str = "") -> str:
    """What the body says that it is, else what was `kept` of its header, else by its shape."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    said = body.get("mediaType") if isinstance(body, dict) else None
    if isinstance(said, str) and said.isascii() and said.isprintable():
        return said
    if kept:
        return kept
    if isinstance(body, dict) and "manifests" in body:
        return OCI_INDEX
    is_docker = isinstance(body, dict) and "docker" in str(body.get("config", ""))
    return DOCKER_MANIFEST if is_docker else OCI_MANIFEST
