"""The rows of the mirror's cache."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, column, delete, select, update

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.tables import (
    Base,
    MirrorBlobRow,
    MirrorFigureRow,
    MirrorListRow,
    MirrorManifestRow,
    MirrorRepositoryRow,
    MirrorTagRow,
)
from imagedepot.database.upsert import upsert
from imagedepot.model.digest import Digest
from imagedepot.protocols.distribution import (
    Mirrored,
    MirroredBlob,
    MirroredList,
    MirroredManifest,
    MirroredRepository,
    MirroredRow,
    MirroredTag,
)

TOPIC = "mirror"
R = TypeVar("R", bound=Base)


class MirrorRows:
    """`protocols.distribution.MirrorRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, names: Collection[str] | None = None) -> Mirrored:
        with self._database.session() as session:
            return Mirrored(
                [
                    MirroredRepository(row.repository, row.is_public)
                    for row in session.scalars(_of(MirrorRepositoryRow, names))
                ],
                [
                    MirroredTag(row.repository, row.tag, digest, row.checked)
                    for row in session.scalars(_of(MirrorTagRow, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
                [
                    MirroredManifest(row.repository, digest, row.media_type, row.size, row.used)
                    for row in session.scalars(_of(MirrorManifestRow, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
                [
                    MirroredBlob(row.repository, digest, row.size, row.used)
                    for row in session.scalars(_of(MirrorBlobRow, names))
                    if (digest := Digest.try_parse(row.digest)) is not None
                ],
                [
                    MirroredList(row.repository, row.subject, row.body, row.checked)
                    for row in session.scalars(_of(MirrorListRow, names))
                ],
                {row.name: row.value for row in session.scalars(select(MirrorFigureRow))},
            )

    def put(self, rows: Iterable[MirroredRow]) -> None:
        changed = list(rows)
        with self._database.session() as session:
            upsert(session, *map(_table_row, changed))
            self._database.changed(session, TOPIC, *{row.repository for row in changed})

    def note_uses(self, used: Mapping[tuple[str, Digest], datetime], figures: Mapping[str, int]) -> None:
        with self._database.session() as session:
            for (repository, digest), moment in used.items():
                for table in (MirrorManifestRow, MirrorBlobRow):
                    mine = (table.repository == repository) & (table.digest == str(digest))
                    session.execute(update(table).where(mine).values(used=moment))
            for name, value in figures.items():
                upsert(session, MirrorFigureRow(name=name, value=value))

    def forget_public(self, repository: str) -> None:
        with self._database.session() as session:
            session.execute(delete(MirrorRepositoryRow).where(MirrorRepositoryRow.repository == repository))
            self._database.changed(session, TOPIC, repository)

    def remove(self, repository: str, digests: Collection[Digest], tags: Collection[str]) -> None:
        with self._database.session() as session:
            for some in in_batches(sorted(map(str, digests))):
                for table in (MirrorManifestRow, MirrorBlobRow):
                    session.execute(delete(table).where(table.repository == repository, table.digest.in_(some)))
                session.execute(
                    delete(MirrorListRow).where(MirrorListRow.repository == repository, MirrorListRow.subject.in_(some))
                )
            for some in in_batches(sorted(tags)):
                session.execute(
                    delete(MirrorTagRow).where(MirrorTagRow.repository == repository, MirrorTagRow.tag.in_(some))
                )
            self._database.changed(session, TOPIC, repository)


def _table_row(row: MirroredRow) -> Base:
    match row:
        case MirroredTag():
            return MirrorTagRow(repository=row.repository, tag=row.tag, digest=str(row.digest), checked=row.checked)
        case MirroredManifest():
            return MirrorManifestRow(
                repository=row.repository,
                digest=str(row.digest),
                media_type=row.media_type,
                size=row.size,
                used=row.used,
            )
        case MirroredBlob():
            return MirrorBlobRow(repository=row.repository, digest=str(row.digest), size=row.size, used=row.used)
        case MirroredList():
            return MirrorListRow(repository=row.repository, subject=row.subject, body=row.body, checked=row.checked)
        case MirroredRepository():
            return MirrorRepositoryRow(repository=row.repository, is_public=row.is_public)


def _of(table: type[R], names: Collection[str] | None) -> Select[R]:
    """The rows of the repositories `names`; None: of all."""
    return select(table) if names is None else select(table).where(column("repository").in_(names))
