"""The queue of downloads over a scripted depot, on rows whose disk may be full; may be closed and opened again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.errors import StorageFailure
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, Resolved
from imagedepot.service.downloads.line.queue import Downloads
from imagedepot.service.events import Feed
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, Held, Kit, layer

DOWNLOADING, WAITING = DownloadStatus.DOWNLOADING, DownloadStatus.WAITING
DONE, FAILED, CANCELLED = DownloadStatus.DONE, DownloadStatus.FAILED, DownloadStatus.CANCELLED


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Rows(DownloadRows):
    """On a disk that is full when told to."""

    full = False

    def _check(self) -> None:
        if self.full:
            raise StorageFailure("The database refused a change: database or disk is full")

    def add(self, request: ImageRequest, created: datetime) -> Download:
        self._check()
        return super().add(request, created)

    def pin(self, key: str, resolved: Resolved) -> None:
        self._check()
        super().pin(key, resolved)

    def save(self, download: Download) -> None:
        self._check()
        super().save(download)


class Service:
    """Downloads over a scripted depot; may be closed and opened again on the same folder."""

    def __init__(self, folder: Path, make: type[EmbeddedOciStore] = EmbeddedOciStore) -> None:
        self.folder = folder
        self.make = make
        self.kit = Kit(folder)
        self.time = Time()
        self.open()

    def open(self, limit: int = 3, silent_seconds: float = 30.0) -> None:
        depot = self.kit.depot
        self.kit = Kit(self.folder, depot, make=self.make)
        self.database = Database(self.folder / "imagedepot.db")
        self.rows = Rows(self.database)
        self.feed = Feed()
        self.downloads = Downloads(
            self.rows, self.kit.pipeline, self.feed, limit, lambda: AMD64, self.time, silent_seconds
        )
        self.downloads.resume()

    def close(self) -> None:
        self.downloads.close()
        self.database.close()

    def image(self, name: str = "lab/app:1", size: int = 3000, seed: int = 1) -> Held:
        return self.kit.depot.add(name, layer(size, seed))

    def held(self, name: str = "lab/app:1", at: int = 0, seed: int = 1) -> threading.Event:
        """An image whose layer stops at byte `at` until the event is set."""
        return self.kit.held(self.image(name, seed=seed).layers[0].digest, at)

    def status(self, download: Download) -> DownloadStatus:
        return self.downloads.get(download.id).status

    def wait(self, download: Download, status: DownloadStatus) -> Download:
        wait_until(lambda: self.status(download) is status, 60)
        return self.downloads.get(download.id)


def workers(download: Download) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == f"download-{download.id}"]
