"""The queue: asked for, waiting in line, at work, ended."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from imagedepot.errors import ConnectionBroken, NotFound, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download
from imagedepot.model.image import ImageRequest, InstalledImage
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, ARM64, ScriptedDepot, request
from tests.service.queue import CANCELLED, DONE, DOWNLOADING, FAILED, WAITING, Service, workers


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


def test_an_image_that_was_removed_right_after_its_install_is_downloaded_again(service: Service) -> None:
    installed, go_on = threading.Event(), threading.Event()

    def on_success(_: ImageRequest) -> None:
        installed.set()
        assert go_on.wait(60)

    service.image()
    service.kit.on_success = on_success
    first = service.downloads.start(request())
    assert installed.wait(60)
    service.kit.store.remove("lab/app", "1")
    second = service.downloads.start(request())
    assert second.id != first.id
    assert service.downloads.start(request()).id == second.id
    go_on.set()
    service.wait(first, DONE)
    service.wait(second, DONE)
    assert service.kit.names() == ["lab/app:1"]


@dataclass
class SlowDepot(ScriptedDepot):
    """Waits for `go_on` before it answers what a tag names, once it has an `asking` to set."""

    asking: threading.Event | None = None
    go_on: threading.Event = field(default_factory=threading.Event)

    def current(self, *parts: Any, **named: Any) -> Digest | None:
        found = super().current(*parts, **named)
        if self.asking is not None:
            self.asking.set()
            assert self.go_on.wait(60)
        return found


def test_an_image_that_is_removed_while_its_upstream_is_asked_is_downloaded(service: Service) -> None:
    service.close()
    depot = service.kit.depot = SlowDepot()
    service.open()
    service.image()
    service.wait(service.downloads.start(request()), DONE)
    depot.asking = threading.Event()
    second = service.downloads.start(request())
    assert depot.asking.wait(60)
    service.kit.store.remove("lab/app", "1")
    assert service.downloads.start(request()).id == second.id
    depot.go_on.set()
    service.wait(second, DONE)
    assert service.kit.names() == ["lab/app:1"]


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
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 60)
    ended = service.downloads.remove(download.id)
    assert (ended.status, ended.error) == (CANCELLED, None)
    wait_until(lambda: not workers(download), 60)
    assert partial.stat().st_size == 1000
    assert partial.name not in service.downloads.partial_keys(), "a clean-up may take it"
    gate.set()
    again = service.downloads.retry(download.id)
    assert again.id == download.id
    service.wait(download, DONE)
    assert (digest, 1000) in service.kit.depot.opened


def test_cancelling_stops_the_worker_also_when_a_listener_breaks_over_the_end(service: Service) -> None:
    def breaks(_: Download) -> None:
        raise StorageFailure("The database refused a change: database or disk is full")

    service.downloads._tell_end = breaks
    service.held(at=1000)
    download = service.downloads.start(request())
    wait_until(lambda: len(service.kit.depot.opened) == 2, 60)
    assert service.downloads.remove(download.id).status is CANCELLED
    wait_until(lambda: not workers(download), 60)


def test_cancelling_while_nobody_answers_ends_the_waiting(service: Service) -> None:
    service.image()
    service.kit.depot.errors = [ConnectionBroken("x", retry_after=59.0)]
    download = service.downloads.start(request())
    wait_until(lambda: service.kit.depot.asked == ["HEAD lab/app:1"], 60)
    service.downloads.remove(download.id)
    service.wait(download, CANCELLED)
    again = service.downloads.retry(download.id)
    assert service.wait(again, DONE).error is None


class SlowStore(EmbeddedOciStore):
    """Stands still in the middle of an install, and looks at its progress before it makes anything visible."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.installing, self.go_on = threading.Event(), threading.Event()

    def install(
        self, request: Any, resolved: Any, content: Any, files: Any, progress: Any, *rest: Any, **named: Any
    ) -> InstalledImage:
        self.installing.set()
        assert self.go_on.wait(60)
        progress(0, 1)
        return super().install(request, resolved, content, files, progress, *rest, **named)


def test_cancelling_while_it_is_being_installed_shows_no_image(tmp_path: Path) -> None:
    service = Service(tmp_path, make=SlowStore)
    try:
        service.image()
        store = service.kit.store
        assert isinstance(store, SlowStore)
        download = service.downloads.start(request())
        assert store.installing.wait(60)
        service.downloads.remove(download.id)
        store.go_on.set()
        wait_until(lambda: not workers(download), 60)
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
    assert (failed.error, failed.reason) == ("lab/late:1 is not there", "upstream_not_found")
    service.image("lab/late:1")
    assert service.downloads.retry(download.id).status in (WAITING, DOWNLOADING)
    done = service.wait(download, DONE)
    assert (done.error, done.reason) == (None, None)
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
    assert (failed.error, failed.reason) == ("lab/app:1: an internal error; the log tells more", "internal_error")
    assert "Traceback" in caplog.text


def test_all_are_listed_newest_first(service: Service) -> None:
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(3)]
    for each in asked:
        service.wait(each, FAILED)
    assert [each.id for each in service.downloads.all()] == [each.id for each in reversed(asked)]


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
    wait_until(lambda: len(service.kit.depot.opened) == 2, 60)
    service.rows.full = True
    gate.set()
    service.wait(first, DONE)
    assert service.kit.names() == ["lab/app:1"]
    service.wait(second, FAILED)


def test_an_end_that_a_full_disk_refused_is_written_down_once_there_is_room(service: Service) -> None:
    """Else the next start would bring back an image that was removed meanwhile."""
    gate = service.held()
    download = service.downloads.start(request())
    wait_until(lambda: len(service.kit.depot.opened) == 2, 60)
    service.rows.full = True
    gate.set()
    service.wait(download, DONE)
    assert [each.ended for each, _ in service.rows.all()] == [None]
    service.rows.full = False
    wait_until(lambda: [each.status for each, _ in service.rows.all()] == [DONE])
    service.kit.store.remove("lab/app", None)
    service.close()
    service.open()
    assert (service.downloads.active, service.kit.names()) == ((), [])


def test_a_pin_that_cannot_be_written_fails_in_a_sentence(service: Service) -> None:
    service.image()
    service.downloads.set_limit(0)
    download = service.downloads.start(request())
    service.rows.full = True
    service.downloads.set_limit(1)
    failed = service.wait(download, FAILED)
    assert failed.error == "lab/app:1 from Docker Hub: The database refused a change: database or disk is full"


def test_progress_is_reported_while_it_moves_and_rate_and_time_left_are_of_the_network(service: Service) -> None:
    woken = threading.Event()
    with service.feed.listen(woken.set) as slot:
        gate = service.held(at=1000)
        download = service.downloads.start(request())
        seen: list[Download] = []

        def half() -> bool:
            seen.extend(slot.take().downloads)
            return bool(seen) and seen[-1].bytes > 1000 and seen[-1].total is not None

        wait_until(half, 60)
        assert seen[0].id == download.id
        assert 0 < (seen[-1].percent or 0) < 100
        gate.set()
        service.wait(download, DONE)
        assert slot.take().downloads[-1].status is DONE


def test_a_silent_download_gives_its_place_away_and_goes_on_beside_when_bytes_come(service: Service) -> None:
    service.close()
    service.open(limit=1, silent_seconds=0.0)
    gate = service.held("lab/silent:1", at=1000, seed=1)
    other = service.held("lab/other:1", at=0, seed=2)
    silent = service.downloads.start(request("lab/silent"))
    service.wait(silent, DOWNLOADING)
    waits = service.downloads.start(request("lab/other"))
    service.wait(waits, DOWNLOADING)
    assert service.status(silent) is DOWNLOADING, "it keeps its connection"
    gate.set()
    service.wait(silent, DONE)
    other.set()
    service.wait(waits, DONE)


def test_a_download_that_is_fed_keeps_its_place(service: Service) -> None:
    service.close()
    service.open(limit=1, silent_seconds=3600.0)
    gate = service.held("lab/first:1", seed=1)
    service.image("lab/second:1", seed=2)
    first = service.downloads.start(request("lab/first"))
    service.wait(first, DOWNLOADING)
    second = service.downloads.start(request("lab/second"))
    gate.set()
    service.wait(second, DONE)
    asked = [each for each in service.kit.depot.asked if each.startswith("HEAD")]
    assert asked == ["HEAD lab/first:1", "HEAD lab/second:1"]
    ends = [service.downloads.get(each.id).ended for each in (first, second)]
    assert ends == sorted(ends, key=str)
