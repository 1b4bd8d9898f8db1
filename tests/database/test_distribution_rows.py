"""The database, and rows in memory, keep what every database of `/v2/` promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.rows.mirror import MirrorRows
from imagedepot.database.rows.pushed import PushedRows, UploadRows
from imagedepot.model.digest import Digest
from imagedepot.protocols.distribution import MirroredBlob, StoredBlob
from tests.contracts.distribution import NOON, A, B, DistributionContract, DistributionRows
from tests.contracts.memory.distribution import MemoryMirror, MemoryPushed, MemoryUploads


class TestDatabaseRows(DistributionContract):
    @pytest.fixture
    def rows(self, place: Place) -> Iterator[DistributionRows]:
        database = Database(place)
        yield DistributionRows(PushedRows(database), UploadRows(database), MirrorRows(database))
        database.close()


class TestMemoryRows(DistributionContract):
    @pytest.fixture
    def rows(self) -> DistributionRows:
        uploads = MemoryUploads()
        return DistributionRows(MemoryPushed(uploads), uploads, MemoryMirror())


def digests(rows: PushedRows, mirror: MirrorRows) -> list[list[Digest]]:
    return [[each.digest for each in rows.all().blobs], [each.digest for each in mirror.all().blobs]]


def test_a_row_that_cannot_be_read_costs_itself_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "imagedepot.db")
    pushed, mirror = PushedRows(database), MirrorRows(database)
    pushed.put(StoredBlob("app", A, NOON), StoredBlob("app", B, NOON))
    mirror.put([MirroredBlob("docker.io/a", A, 1, NOON), MirroredBlob("docker.io/a", B, 1, NOON)])
    with database.session() as session:
        for table in ("pushed_blobs", "mirror_blobs"):
            session.execute(text(f"UPDATE {table} SET digest = 'nonsense' WHERE digest = :broken"), {"broken": str(B)})
    assert digests(pushed, mirror) == [[A], [A]]
    database.close()
