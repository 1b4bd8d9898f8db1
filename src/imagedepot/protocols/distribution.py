"""Rows of `/v2/`: what was pushed here, uploads on their way, and what the mirror keeps. As of `rows`.

A row that cannot be read is left out when rows are read. Times are UTC, None where they cannot be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from imagedepot.model.digest import Digest


@dataclass(frozen=True, slots=True)
class StoredRepository:
    """A repository that was pushed here."""

    name: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest, index or artifact of a repository; `subject` is what it refers to."""

    repository: str
    digest: Digest
    media_type: str
    subject: Digest | None
    pushed: datetime | None


@dataclass(frozen=True, slots=True)
class StoredTag:
    """A tag of a repository. `is_listed`: it names an image, and not an artifact."""

    repository: str
    tag: str
    digest: Digest
    is_listed: bool
    pushed: datetime | None


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that was uploaded to a repository, or mounted there."""

    repository: str
    digest: Digest
    pushed: datetime | None


PushedRow: TypeAlias = StoredRepository | StoredManifest | StoredTag | StoredBlob


@dataclass(frozen=True, slots=True)
class Pushed:
    """Everything that was pushed."""

    repositories: Sequence[StoredRepository] = ()
    manifests: Sequence[StoredManifest] = ()
    tags: Sequence[StoredTag] = ()
    blobs: Sequence[StoredBlob] = ()


class PushedRows(Protocol):
    def all(self, names: Collection[str] | None = None) -> Pushed:
        """Of the repositories `names`; None: of all."""

    def put(self, *rows: PushedRow) -> None:
        """Add or replace all of them, or none."""

    def remove_tags(self, repository: str, tags: Collection[str]) -> None: ...

    def remove_manifest(self, repository: str, digest: Digest) -> None:
        """The manifest, and the tags that name it."""

    def remove_blobs(self, repository: str, digests: Collection[Digest]) -> None: ...

    def remove_repository(self, name: str) -> None:
        """With all that is in it, and with its uploads."""


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A blob on its way from a client, which goes into `repository`; `algorithm` is that of its digest."""

    id: str
    repository: str
    username: str
    algorithm: str
    begun: datetime | None


class UploadRows(Protocol):
    def all(self, ids: Collection[str] | None = None) -> Sequence[StoredUpload]:
        """Those of `ids`; None: all."""

    def put(self, row: StoredUpload) -> None:
        """Add or replace."""

    def remove(self, id_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class MirroredTag:
    """What a tag named when its upstream was last asked, which was at `checked`."""

    repository: str
    tag: str
    digest: Digest
    checked: datetime | None


@dataclass(frozen=True, slots=True)
class MirroredManifest:
    """A manifest or an index that came through the mirror; `used` is when a client was last given it."""

    repository: str
    digest: Digest
    media_type: str
    size: int
    used: datetime | None


@dataclass(frozen=True, slots=True)
class MirroredBlob:
    """A blob that came through the mirror, or that its clients were given."""

    repository: str
    digest: Digest
    size: int
    used: datetime | None


@dataclass(frozen=True, slots=True)
class MirroredList:
    """The tags of a repository (`subject` is ""), or the referrers of the digest `subject`, as JSON."""

    repository: str
    subject: str
    body: str
    checked: datetime | None


@dataclass(frozen=True, slots=True)
class MirroredRepository:
    """Whether a repository can be read upstream without credentials."""

    repository: str
    is_public: bool


MirroredRow: TypeAlias = MirroredTag | MirroredManifest | MirroredBlob | MirroredList | MirroredRepository


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Everything that the mirror keeps, and the figures that it counts, by name."""

    repositories: Sequence[MirroredRepository] = ()
    tags: Sequence[MirroredTag] = ()
    manifests: Sequence[MirroredManifest] = ()
    blobs: Sequence[MirroredBlob] = ()
    lists: Sequence[MirroredList] = ()
    figures: Mapping[str, int] = field(default_factory=dict)


class MirrorRows(Protocol):
    def all(self, names: Collection[str] | None = None) -> Mirrored:
        """Of the repositories `names`; None: of all."""

    def put(self, rows: Iterable[MirroredRow]) -> None:
        """Add or replace all of them, or none."""

    def note_uses(self, used: Mapping[tuple[str, Digest], datetime], figures: Mapping[str, int]) -> None:
        """`used` by repository and digest, of manifests and blobs that are there; `figures` as they stand."""

    def forget_public(self, repository: str) -> None:
        """Forget whether the repository can be read without credentials."""

    def remove(self, repository: str, digests: Collection[Digest], tags: Collection[str]) -> None:
        """Manifests and blobs by digest, lists of their referrers, and tags."""
