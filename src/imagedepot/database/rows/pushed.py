"""Repositories that are pushed here: their manifests, tags and blobs; and uploads on their way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, delete, select

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.tables import (
    Base,
    PushedBlobRow,
    PushedManifestRow,
    PushedTagRow,
    RepositoryRow,
    UploadRow,
)
from imagedepot.database.upsert import upsert
from imagedepot.model.digest import Digest
from imagedepot.protocols.distribution import (
    Pushed,
    PushedRow,
    StoredBlob,
    StoredManifest,
    StoredRepository,
    StoredTag,
    StoredUpload,
)

TOPIC, UPLOADS = "pushed", "uploads"
R = TypeVar("R", bound=Base)


class PushedRows:
    """`protocols.distribution.PushedRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, names: Collection[str] | None = None) -> Pushed:
        with self._database.session() as session:
            return Pushed(
                [
                    StoredRepository(row.name, row.created)
                    for row in session.scalars(_of(RepositoryRow, RepositoryRow.name, names))
                ],
                [
                    StoredManifest(
                        row.repository, digest, str(row.media_type), Digest.try_parse(row.subject), row.pushed
                    )
                    for row in session.scalars(_of(PushedManifestRow, PushedManifestRow.repository, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
                [
                    StoredTag(row.repository, row.tag, digest, bool(row.listed), row.pushed)
                    for row in session.scalars(_of(PushedTagRow, PushedTagRow.repository, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
                [
                    StoredBlob(row.repository, digest, row.pushed)
                    for row in session.scalars(_of(PushedBlobRow, PushedBlobRow.repository, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
            )

    def put(self, *rows: PushedRow) -> None:
        with self._database.session() as session:
            upsert(session, *map(_table_row, rows))
            self._database.changed(session, TOPIC, *{_repository_of(row) for row in rows})

    def remove_tags(self, repository: str, tags: Collection[str]) -> None:
        with self._database.session() as session:
            for tag in tags:
                session.execute(
                    delete(PushedTagRow).where(PushedTagRow.repository == repository, PushedTagRow.tag == tag)
                )
            self._database.changed(session, TOPIC, repository)

    def remove_manifest(self, repository: str, digest: Digest) -> None:
        with self._database.session() as session:
            for table in (PushedTagRow, PushedManifestRow):
                session.execute(delete(table).where(table.repository == repository, table.digest == str(digest)))
            self._database.changed(session, TOPIC, repository)

    def remove_blobs(self, repository: str, digests: Collection[Digest]) -> None:
        with self._database.session() as session:
            for some in in_batches([str(each) for each in digests]):
                session.execute(
                    delete(PushedBlobRow).where(PushedBlobRow.repository == repository, PushedBlobRow.digest.in_(some))
                )
            self._database.changed(session, TOPIC, repository)

    def remove_repository(self, name: str) -> None:
        with self._database.session() as session:
            for table in (PushedTagRow, PushedManifestRow, PushedBlobRow, UploadRow):
                session.execute(delete(table).where(table.repository == name))
            session.execute(delete(RepositoryRow).where(RepositoryRow.name == name))
            self._database.changed(session, TOPIC, name)


class UploadRows:
    """`protocols.distribution.UploadRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, ids: Collection[str] | None = None) -> Sequence[StoredUpload]:
        with self._database.session() as session:
            return [
                StoredUpload(row.id, row.repository, row.username, row.algorithm, row.begun)
                for row in session.scalars(_of(UploadRow, UploadRow.id, ids))
            ]

    def put(self, row: StoredUpload) -> None:
        changed = UploadRow(
            id=row.id, repository=row.repository, username=row.username, algorithm=row.algorithm, begun=row.begun
        )
        with self._database.session() as session:
            upsert(session, changed)
            self._database.changed(session, UPLOADS, row.id)

    def remove(self, id_: str) -> None:
        with self._database.session() as session:
            session.execute(delete(UploadRow).where(UploadRow.id == id_))
            self._database.changed(session, UPLOADS, id_)


def _table_row(row: PushedRow) -> Base:
    match row:
        case StoredRepository():
            return RepositoryRow(name=row.name, created=row.created)
        case StoredManifest():
            return PushedManifestRow(
                repository=row.repository,
                digest=str(row.digest),
                media_type=row.media_type,
                subject=str(row.subject or ""),
                pushed=row.pushed,
            )
        case StoredTag():
            return PushedTagRow(
                repository=row.repository,
                tag=row.tag,
                digest=str(row.digest),
                listed=row.is_listed,
                pushed=row.pushed,
            )
        case StoredBlob():
            return PushedBlobRow(repository=row.repository, digest=str(row.digest), pushed=row.pushed)


def _of(table: type[R], name: Any, names: Collection[str] | None) -> Select[R]:
    """The rows of the repositories `names`; None: of all."""
    return select(table) if names is None else select(table).where(name.in_(names))


def _repository_of(row: PushedRow) -> str:
    return row.name if isinstance(row, StoredRepository) else row.repository
