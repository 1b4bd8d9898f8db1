"""The queue: asked for, waiting in line, at work, ended; and what a restart finds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.downloads import DownloadRows
from imagedepot.errors import ConnectionBroken, NotFound, StorageFailure
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, InstalledImage, Resolved
from imagedepot.service.downloads import KEPT, Downloads
from imagedepot.service.feed import Feed
from imagedepot.stores.embedded_oci import EmbeddedOciStore
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, ARM64, Held, Kit, layer, request

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

    def open(self, limit: int = 3) -> None:
        depot = self.kit.depot
        self.kit = Kit(self.folder, depot, make=self.make)
        self.database = Database(self.folder / "imagedepot.db")
        self.rows = Rows(self.database)
        self.feed = Feed()
        self.downloads = Downloads(self.rows, self.kit.bring, self.feed, limit, AMD64, self.time)
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
        wait_until(lambda: self.status(download) is status, 10)
        return self.downloads.get(download.id)


def workers(download: Download) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == f"download-{download.id}"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    try:
        yield service
    finally:
        for gate, _ in service.kit.depot.hold.values():
            gate.set()
        service.close()


def test_what_is_asked_for_is_on_disk_before_the_answer_and_ends_as_an_image(service: Service) -> None:
    gate = service.held()
    download = service.downloads.start(request())
    assert [each.id for each, _ in service.rows.all()] == [download.id]
    assert service.downloads.active[0].id == download.id
    gate.set()
    done = service.wait(download, DONE)
    assert (done.percent, done.error, done.rate, done.eta) == (100, None, None, None)
    assert done.ended is not None
    assert service.downloads.active == ()
    assert service.kit.names() == ["lab/app:1"]


def test_the_same_image_asked_for_twice_is_one_download(service: Service) -> None:
    gate = service.held()
    first = service.downloads.start(request())
    assert service.downloads.start(request()).id == first.id
    assert service.downloads.start(request(platform=AMD64)).id == first.id, "the host's platform, said aloud"
    other = service.downloads.start(request(platform=ARM64))
    assert other.id != first.id
    gate.set()
    service.wait(first, DONE)
    service.wait(other, FAILED)
    assert len(service.downloads.all()) == 2


def test_two_that_change_the_same_tag_run_one_after_the_other(service: Service) -> None:
    gate = service.held()
    first = service.downloads.start(request())
    service.wait(first, DOWNLOADING)
    second = service.downloads.start(request(platform=ARM64))
    assert service.status(second) is WAITING
    assert service.kit.depot.asked.count("HEAD lab/app:1") == 1
    gate.set()
    service.wait(second, FAILED)
    assert service.status(first) is DONE


def test_more_than_the_limit_wait_in_order_of_asking(service: Service) -> None:
    service.downloads.set_limit(2)
    gates = [service.held(f"lab/{number}:1", seed=number) for number in range(4)]
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(4)]
    for each in asked[:2]:
        service.wait(each, DOWNLOADING)
    assert [each.id for each in service.downloads.active] == [each.id for each in asked]
    assert {what.partition("/")[2] for what in service.kit.depot.asked} <= {"0:1", "1:1"}
    gates[1].set()
    service.wait(asked[1], DONE)
    service.wait(asked[2], DOWNLOADING)
    assert service.status(asked[3]) is WAITING
    service.downloads.set_limit(5)
    service.wait(asked[3], DOWNLOADING)
    for gate in gates:
        gate.set()
    for each in asked:
        service.wait(each, DONE)


def test_cancelling_one_that_waits_in_line_asks_nobody(service: Service) -> None:
    service.downloads.set_limit(1)
    service.held("lab/first:1")
    service.downloads.start(request("lab/first"))
    second = service.downloads.start(request("lab/second"))
    assert service.downloads.remove(second.id).status is CANCELLED
    assert service.status(second) is CANCELLED
    assert "HEAD lab/second:1" not in service.kit.depot.asked


def test_cancelling_in_the_middle_keeps_the_bytes_and_a_retry_goes_on(service: Service) -> None:
    gate = service.held(at=1000)
    digest = service.kit.depot.images["lab/app:1"][AMD64].layers[0].digest
    download = service.downloads.start(request())
    partial = service.kit.blobs.partial(f"sha256-{digest.hex}")
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 10)
    ended = service.downloads.remove(download.id)
    assert (ended.status, ended.error) == (CANCELLED, None)
    wait_until(lambda: not workers(download), 10)
    assert partial.stat().st_size == 1000
    assert partial.name in service.downloads.partial_keys(), "a clean-up leaves it alone"
    gate.set()
    again = service.downloads.retry(download.id)
    assert again.id == download.id
    service.wait(download, DONE)
    assert (digest, 1000) in service.kit.depot.opened


def test_cancelling_while_nobody_answers_ends_the_waiting(service: Service) -> None:
    service.image()
    service.kit.depot.errors = [ConnectionBroken("x", retry_after=59.0)]
    download = service.downloads.start(request())
    wait_until(lambda: service.kit.depot.asked == ["HEAD lab/app:1"], 10)
    service.downloads.remove(download.id)
    service.wait(download, CANCELLED)
    again = service.downloads.retry(download.id)
    assert service.wait(again, DONE).error is None


class SlowStore(EmbeddedOciStore):
    """Stands still in the middle of an install, and looks at its progress before it makes anything visible."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.installing, self.go_on = threading.Event(), threading.Event()

    def install(self, request: Any, resolved: Any, content: Any, files: Any, progress: Any) -> InstalledImage:
        self.installing.set()
        assert self.go_on.wait(10)
        progress(0, 1)
        return super().install(request, resolved, content, files, progress)


def test_cancelling_while_it_is_being_installed_shows_no_image(tmp_path: Path) -> None:
    service = Service(tmp_path, make=SlowStore)
    try:
        service.image()
        store = service.kit.store
        assert isinstance(store, SlowStore)
        download = service.downloads.start(request())
        assert store.installing.wait(10)
        service.downloads.remove(download.id)
        store.go_on.set()
        wait_until(lambda: not workers(download), 10)
        assert service.status(download) is CANCELLED
        assert service.kit.names() == []
    finally:
        service.close()


def test_an_ended_download_can_be_forgotten_and_an_unknown_one_is_said_to_be(service: Service) -> None:
    service.image()
    download = service.wait(service.downloads.start(request()), DONE)
    assert service.downloads.remove(download.id).status is DONE
    assert list(service.rows.all()) == []
    for act in (service.downloads.get, service.downloads.remove, service.downloads.retry):
        for key in (download.id, "0", "-1", "x", "1 OR 1", ""):
            with pytest.raises(NotFound, match=r"^Download not found: "):
                act(key)


def test_a_failure_is_one_sentence_and_can_be_retried(service: Service) -> None:
    download = service.downloads.start(request("lab/late"))
    failed = service.wait(download, FAILED)
    assert failed.error == "lab/late:1 is not there"
    service.image("lab/late:1")
    assert service.downloads.retry(download.id).status in (WAITING, DOWNLOADING)
    assert service.wait(download, DONE).error is None
    assert [each.id for each in service.downloads.all()] == [download.id]


def test_retrying_what_is_under_way_again_is_that_download(service: Service) -> None:
    first = service.wait(service.downloads.start(request()), FAILED)
    gate = service.held()
    second = service.downloads.start(request())
    assert second.id != first.id
    assert service.downloads.retry(first.id).id == second.id
    assert service.downloads.retry(second.id).id == second.id
    gate.set()
    service.wait(second, DONE)


def test_a_fault_of_our_own_ends_the_row_and_the_log_tells_more(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.kit.depot.images["lab/app:1"] = None  # type: ignore[assignment]
    failed = service.wait(service.downloads.start(request()), FAILED)
    assert failed.error == "lab/app:1: an internal error; the log tells more"
    assert "Traceback" in caplog.text


def test_all_are_listed_newest_first(service: Service) -> None:
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(3)]
    for each in asked:
        service.wait(each, FAILED)
    assert [each.id for each in service.downloads.all()] == [each.id for each in reversed(asked)]


def test_a_restart_goes_on_where_it_stopped_without_asking_the_tag_again(service: Service) -> None:
    gate = service.held(at=1000)
    digest = service.kit.depot.images["lab/app:1"][AMD64].layers[0].digest
    download = service.downloads.start(request())
    partial = service.kit.blobs.partial(f"sha256-{digest.hex}")
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 10)
    service.close()
    ((row, resolved),) = DownloadRows(Database(service.folder / "imagedepot.db")).all()
    assert row.ended is None
    assert resolved is not None, "pinned: from here on digests rule"
    gate.set()
    service.kit.depot.asked.clear()
    service.open()
    service.wait(download, DONE)
    assert service.kit.depot.asked == []
    assert service.kit.depot.opened[-1] == (digest, 1000)


def test_after_a_restart_a_clean_up_leaves_what_still_waits_in_line(service: Service) -> None:
    gate = service.held(at=1000)
    digest = service.kit.depot.images["lab/app:1"][AMD64].layers[0].digest
    service.downloads.start(request())
    partial = service.kit.blobs.partial(f"sha256-{digest.hex}")
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 10)
    service.close()
    service.open(limit=0)
    assert service.downloads.active[0].status is WAITING
    service.kit.collector.sweep(service.downloads.partial_keys())
    assert partial.stat().st_size == 1000
    gate.set()


def test_order_and_ended_ones_survive_a_restart(service: Service) -> None:
    ended = service.wait(service.downloads.start(request("lab/absent")), FAILED)
    service.downloads.set_limit(0)
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(3)]
    service.close()
    service.open(limit=0)
    assert [each.id for each in service.downloads.active] == [each.id for each in asked]
    again = service.downloads.get(ended.id)
    assert (again.status, again.error) == (FAILED, "lab/absent:1 is not there")


def test_a_row_that_cannot_be_read_keeps_nobody_from_starting(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.downloads.set_limit(0)
    kept = service.downloads.start(request("lab/kept"))
    broken = service.downloads.start(request("lab/broken"))
    service.rows._change(broken.id, request='{"depot": "of another version"}')
    service.close()
    service.open(limit=0)
    assert [each.id for each in service.downloads.active] == [kept.id]
    assert f"download {broken.id} in the database cannot be read" in caplog.text


def test_ended_ones_are_forgotten_after_thirty_days(service: Service) -> None:
    old = service.wait(service.downloads.start(request("lab/old")), FAILED)
    service.time.now += KEPT - timedelta(minutes=1)
    young = service.wait(service.downloads.start(request("lab/young")), FAILED)
    assert {each.id for each in service.downloads.all()} == {old.id, young.id}
    service.time.now += timedelta(minutes=2)
    assert [each.id for each in service.downloads.all()] == [young.id]
    assert [each.id for each, _ in service.rows.all()] == [young.id]
    service.time.now += KEPT
    service.close()
    service.open()
    assert service.downloads.all() == []


def test_closing_ends_at_once_and_leaves_rows_to_be_resumed(service: Service) -> None:
    service.held()
    download = service.downloads.start(request())
    wait_until(lambda: len(service.kit.depot.opened) == 2, 10)
    service.downloads.close()
    assert not workers(download)
    ((row, _),) = service.rows.all()
    assert (row.id, row.ended) == (download.id, None)


def test_a_full_disk_refuses_new_downloads_in_a_sentence(service: Service) -> None:
    service.rows.full = True
    with pytest.raises(StorageFailure, match="disk is full"):
        service.downloads.start(request())
    assert service.downloads.all() == []


def test_an_end_that_cannot_be_written_down_does_not_keep_the_line(service: Service) -> None:
    service.downloads.set_limit(1)
    gate = service.held()
    first = service.downloads.start(request())
    second = service.downloads.start(request("lab/absent"))
    wait_until(lambda: len(service.kit.depot.opened) == 2, 10)
    service.rows.full = True
    gate.set()
    service.wait(first, DONE)
    assert service.kit.names() == ["lab/app:1"]
    service.wait(second, FAILED)


def test_a_pin_that_cannot_be_written_fails_in_a_sentence(service: Service) -> None:
    service.image()
    service.downloads.set_limit(0)
    download = service.downloads.start(request())
    service.rows.full = True
    service.downloads.set_limit(1)
    failed = service.wait(download, FAILED)
    assert failed.error == "lab/app:1 from Docker Hub: The database refused a change: database or disk is full"


def test_progress_is_told_while_it_moves_and_rate_and_time_left_are_of_the_network(service: Service) -> None:
    woken = threading.Event()
    with service.feed.listen(woken.set) as slot:
        gate = service.held(at=1000)
        download = service.downloads.start(request())
        seen: list[Download] = []

        def half() -> bool:
            seen.extend(slot.take().downloads)
            return bool(seen) and seen[-1].bytes > 1000 and seen[-1].total is not None

        wait_until(half, 10)
        assert seen[0].id == download.id
        assert 0 < (seen[-1].percent or 0) < 100
        gate.set()
        service.wait(download, DONE)
        assert slot.take().downloads[-1].status is DONE
