"""The line of downloads of one node, over rows whose database refuses changes when told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.fleet.downloads import SharedDownloadRows
from imagedepot.errors import StorageFailure
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.service.downloads.line.shared_queue import SharedDownloads
from imagedepot.service.events import Feed
from tests.ground.postgres import Cluster
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, Kit, layer, request
from tests.service.queue import workers

CANCELLED, FAILED = DownloadStatus.CANCELLED, DownloadStatus.FAILED


class Rows(SharedDownloadRows):
    refuses = False

    def end(self, download: Download) -> bool:
        if self.refuses:
            raise StorageFailure("The database refused a change: database or disk is full")
        return super().end(download)


@pytest.fixture
def rows(cluster: Cluster) -> Iterator[Rows]:
    database = Database(cluster.make_database(), node="one")
    yield Rows(database)
    database.close()


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


@pytest.fixture
def line(rows: Rows, kit: Kit) -> Iterator[SharedDownloads]:
    line = SharedDownloads(rows, kit.pipeline, Feed(), 1, lambda: 0, lambda: AMD64, "home", 15.0)
    line.resume()
    yield line
    line.close()


def test_an_end_that_cannot_be_written_down_stays_one_and_is_written_later(line: SharedDownloads, rows: Rows) -> None:
    rows.refuses = True
    asked = line.start(request("lab/absent"))
    wait_until(lambda: line.get(asked.id).status is FAILED, 60)
    line.reload([asked.id])
    assert line.get(asked.id).status is FAILED
    rows.refuses = False
    wait_until(lambda: rows.find([asked.id])[asked.id][0].status is FAILED, 60)


def test_cancelling_stops_the_worker_also_when_a_listener_breaks_over_the_end(line: SharedDownloads, kit: Kit) -> None:
    def breaks(_: Download) -> None:
        raise StorageFailure("The database refused a change: database or disk is full")

    line._tell_end = breaks
    gate = kit.held(kit.depot.add("lab/app:1", layer(3000, 1)).layers[0].digest, 1000)
    asked = line.start(request())
    wait_until(lambda: len(kit.depot.opened) == 2, 60)
    assert line.remove(asked.id).status is CANCELLED
    wait_until(lambda: not workers(asked), 60)
    gate.set()
