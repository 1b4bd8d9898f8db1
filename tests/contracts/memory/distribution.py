"""The protocols of `imagedepot.protocols.distribution` in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from imagedepot.model.digest import Digest
from imagedepot.protocols.distribution import (
    Mirrored,
    MirroredBlob,
    MirroredList,
    MirroredManifest,
    MirroredRepository,
    MirroredRow,
    MirroredTag,
    Pushed,
    PushedRow,
    StoredBlob,
    StoredManifest,
    StoredRepository,
    StoredTag,
    StoredUpload,
)


class OfRepository(Protocol):
    @property
    def repository(self) -> str: ...


R = TypeVar("R", bound=OfRepository)


class MemoryUploads:
    def __init__(self) -> None:
        self.rows: dict[str, StoredUpload] = {}

    def all(self, ids: Collection[str] | None = None) -> Sequence[StoredUpload]:
        return [each for each in self.rows.values() if ids is None or each.id in ids]

    def put(self, row: StoredUpload) -> None:
        self.rows[row.id] = row

    def remove(self, id_: str) -> None:
        self.rows.pop(id_, None)


class MemoryPushed:
    """What was pushed; the uploads of a repository, in `uploads`, go with it."""

    def __init__(self, uploads: MemoryUploads) -> None:
        self._uploads = uploads
        self._repositories: dict[str, StoredRepository] = {}
        self._manifests: dict[tuple[str, Digest], StoredManifest] = {}
        self._tags: dict[tuple[str, str], StoredTag] = {}
        self._blobs: dict[tuple[str, Digest], StoredBlob] = {}

    def all(self, names: Collection[str] | None = None) -> Pushed:
        return Pushed(
            [each for each in self._repositories.values() if names is None or each.name in names],
            _of(self._manifests.values(), names),
            _of(self._tags.values(), names),
            _of(self._blobs.values(), names),
        )

    def put(self, *rows: PushedRow) -> None:
        for row in rows:
            match row:
                case StoredRepository():
                    self._repositories[row.name] = row
                case StoredManifest():
                    self._manifests[row.repository, row.digest] = row
                case StoredTag():
                    self._tags[row.repository, row.tag] = row
                case StoredBlob():
                    self._blobs[row.repository, row.digest] = row

    def remove_tags(self, repository: str, tags: Collection[str]) -> None:
        for tag in tags:
            self._tags.pop((repository, tag), None)

    def remove_manifest(self, repository: str, digest: Digest) -> None:
        self._manifests.pop((repository, digest), None)
        named = [tag for of, tag in self._tags if of == repository and self._tags[of, tag].digest == digest]
        self.remove_tags(repository, named)

    def remove_blobs(self, repository: str, digests: Collection[Digest]) -> None:
        for digest in digests:
            self._blobs.pop((repository, digest), None)

    def remove_repository(self, name: str) -> None:
        self._repositories.pop(name, None)
        self._manifests = {key: row for key, row in self._manifests.items() if key[0] != name}
        self._tags = {key: row for key, row in self._tags.items() if key[0] != name}
        self._blobs = {key: row for key, row in self._blobs.items() if key[0] != name}
        for upload in self._uploads.all():
            if upload.repository == name:
                self._uploads.remove(upload.id)


class MemoryMirror:
    def __init__(self) -> None:
        self._repositories: dict[str, MirroredRepository] = {}
        self._tags: dict[tuple[str, str], MirroredTag] = {}
        self._manifests: dict[tuple[str, Digest], MirroredManifest] = {}
        self._blobs: dict[tuple[str, Digest], MirroredBlob] = {}
        self._lists: dict[tuple[str, str], MirroredList] = {}
        self._figures: dict[str, int] = {}

    def all(self, names: Collection[str] | None = None) -> Mirrored:
        return Mirrored(
            _of(self._repositories.values(), names),
            _of(self._tags.values(), names),
            _of(self._manifests.values(), names),
            _of(self._blobs.values(), names),
            _of(self._lists.values(), names),
            dict(self._figures),
        )

    def put(self, rows: Iterable[MirroredRow]) -> None:
        for row in rows:
            match row:
                case MirroredRepository():
                    self._repositories[row.repository] = row
                case MirroredTag():
                    self._tags[row.repository, row.tag] = row
                case MirroredManifest():
                    self._manifests[row.repository, row.digest] = row
                case MirroredBlob():
                    self._blobs[row.repository, row.digest] = row
                case MirroredList():
                    self._lists[row.repository, row.subject] = row

    def note_uses(self, used: Mapping[tuple[str, Digest], datetime], figures: Mapping[str, int]) -> None:
        for key, moment in used.items():
            if key in self._manifests:
                self._manifests[key] = replace(self._manifests[key], used=moment)
            if key in self._blobs:
                self._blobs[key] = replace(self._blobs[key], used=moment)
        self._figures |= figures

    def forget_public(self, repository: str) -> None:
        self._repositories.pop(repository, None)

    def remove(self, repository: str, digests: Collection[Digest], tags: Collection[str]) -> None:
        for digest in digests:
            self._manifests.pop((repository, digest), None)
            self._blobs.pop((repository, digest), None)
            self._lists.pop((repository, str(digest)), None)
        for tag in tags:
            self._tags.pop((repository, tag), None)


def _of(rows: Iterable[R], names: Collection[str] | None) -> list[R]:
    return [each for each in rows if names is None or each.repository in names]
