"""Repositories that are pushed here: their manifests, tags and blobs; and uploads on their way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from imagedepot.database.batches import in_batches
from imagedepot.database.connection import Database
from imagedepot.database.tables import PushedBlobRow, PushedManifestRow, PushedTagRow, RepositoryRow, UploadRow
from imagedepot.database.upsert import upsert


class PushedRows:
    """Own repositories and uploads. Rows are returned detached: plain values, safe to keep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(
        self,
    ) -> tuple[Sequence[RepositoryRow], Sequence[PushedManifestRow], Sequence[PushedTagRow], Sequence[PushedBlobRow]]:
        with self._database.session() as session:
            return (
                session.scalars(select(RepositoryRow)).all(),
                session.scalars(select(PushedManifestRow)).all(),
                session.scalars(select(PushedTagRow)).all(),
                session.scalars(select(PushedBlobRow)).all(),
            )

    def put(self, *rows: RepositoryRow | PushedManifestRow | PushedTagRow | PushedBlobRow) -> None:
        """Add or replace all of them, or none."""
        with self._database.session() as session:
            upsert(session, *rows)

    def remove_tags(self, repository: str, tags: Collection[str]) -> None:
        with self._database.session() as session:
            for tag in tags:
                session.execute(
                    delete(PushedTagRow).where(PushedTagRow.repository == repository, PushedTagRow.tag == tag)
                )

    def remove_manifest(self, repository: str, digest: str) -> None:
        """The manifest, and the tags that name it."""
        with self._database.session() as session:
            for table in (PushedTagRow, PushedManifestRow):
                session.execute(delete(table).where(table.repository == repository, table.digest == digest))

    def remove_blobs(self, repository: str, digests: Sequence[str]) -> None:
        with self._database.session() as session:
            for some in in_batches(digests):
                mine = PushedBlobRow.digest.in_(some)
                session.execute(delete(PushedBlobRow).where(PushedBlobRow.repository == repository, mine))

    def remove_repository(self, name: str) -> None:
        """With all that is in it, and with its uploads."""
        with self._database.session() as session:
            for table in (PushedTagRow, PushedManifestRow, PushedBlobRow, UploadRow):
                session.execute(delete(table).where(table.repository == name))
            session.execute(delete(RepositoryRow).where(RepositoryRow.name == name))


class UploadRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[UploadRow]:
        with self._database.session() as session:
            return session.scalars(select(UploadRow)).all()

    def put(self, id_: str, repository: str, username: str, algorithm: str, begun: datetime) -> None:
        row = UploadRow(id=id_, repository=repository, username=username, algorithm=algorithm, begun=begun)
        with self._database.session() as session:
            upsert(session, row)

    def remove(self, id_: str) -> None:
        with self._database.session() as session:
            session.execute(delete(UploadRow).where(UploadRow.id == id_))
