"""The rows of the mirror's cache."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import delete, select, update

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.tables import (
    MirrorBlobRow,
    MirrorFigureRow,
    MirrorListRow,
    MirrorManifestRow,
    MirrorRepositoryRow,
    MirrorTagRow,
)
from imagedepot.database.upsert import upsert

MirrorRow: TypeAlias = MirrorTagRow | MirrorManifestRow | MirrorBlobRow | MirrorListRow | MirrorRepositoryRow
R = TypeVar("R", bound=MirrorRow | MirrorFigureRow)


class MirrorRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, kind: type[R]) -> Sequence[R]:
        with self._database.session() as session:
            return session.scalars(select(kind)).all()

    def put(self, rows: Iterable[MirrorRow]) -> None:
        """Add them, each in place of one with the same key."""
        with self._database.session() as session:
            upsert(session, *rows)

    def note_uses(self, used: Mapping[tuple[str, str], datetime], figures: Mapping[str, int]) -> None:
        """`used` by repository and digest, of manifests and blobs; `figures` as they stand."""
        with self._database.session() as session:
            for (repository, digest), moment in used.items():
                for kind in (MirrorManifestRow, MirrorBlobRow):
                    mine = (kind.repository == repository) & (kind.digest == digest)
                    session.execute(update(kind).where(mine).values(used=moment))
            for name, value in figures.items():
                upsert(session, MirrorFigureRow(name=name, value=value))

    def forget_public(self, repository: str) -> None:
        with self._database.session() as session:
            session.execute(delete(MirrorRepositoryRow).where(MirrorRepositoryRow.repository == repository))

    def remove(self, repository: str, digests: Collection[str], tags: Collection[str]) -> None:
        """Manifests, blobs and lists of referrers by digest, and tags."""
        with self._database.session() as session:
            for some in in_batches(sorted(digests)):
                for kind in (MirrorManifestRow, MirrorBlobRow):
                    session.execute(delete(kind).where(kind.repository == repository, kind.digest.in_(some)))
                session.execute(
                    delete(MirrorListRow).where(MirrorListRow.repository == repository, MirrorListRow.subject.in_(some))
                )
            for some in in_batches(sorted(tags)):
                session.execute(
                    delete(MirrorTagRow).where(MirrorTagRow.repository == repository, MirrorTagRow.tag.in_(some))
                )
