"""What a restart finds, and what the end of the service leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.service.downloads.line.either_queue import KEPT
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, request
from tests.service.queue import DONE, FAILED, WAITING, Service, workers


def test_a_restart_goes_on_where_it_stopped_without_asking_the_tag_again(service: Service) -> None:
    gate = service.held(at=1000)
    digest = service.kit.depot.images["lab/app:1"][AMD64].layers[0].digest
    download = service.downloads.start(request())
    partial = service.kit.blobs.partial(f"sha256-{digest.hex}")
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 60)
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
    wait_until(lambda: partial.exists() and partial.stat().st_size == 1000, 60)
    service.close()
    service.open(limit=0)
    assert service.downloads.active[0].status is WAITING
    service.kit.collector.sweep(service.downloads.partial_keys())
    assert partial.stat().st_size == 1000
    gate.set()


def test_progress_is_told_after_a_restart_with_more_than_the_limit(service: Service) -> None:
    gate = service.held(at=1000)
    service.downloads.set_limit(0)
    first = service.downloads.start(request())
    service.downloads.start(request("lab/second"))
    service.close()
    service.open(limit=1)
    wait_until(lambda: service.downloads.get(first.id).bytes > 0, 60)
    gate.set()
    service.wait(first, DONE)


def test_order_and_ended_ones_survive_a_restart(service: Service) -> None:
    ended = service.wait(service.downloads.start(request("lab/absent")), FAILED)
    service.downloads.set_limit(0)
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(3)]
    service.close()
    service.open(limit=0)
    assert [each.id for each in service.downloads.active] == [each.id for each in asked]
    again = service.downloads.get(ended.id)
    assert (again.status, again.error) == (FAILED, "lab/absent:1 is not there")


def test_the_line_keeps_its_order_over_restarts(service: Service) -> None:
    service.downloads.set_limit(0)
    asked = [service.downloads.start(request(f"lab/{number}")) for number in range(4)]
    service.downloads.move(asked[2].id, 1)
    for _ in range(2):
        service.close()
        service.open(limit=0)
        assert [each.id for each in service.downloads.active] == [asked[at].id for at in (2, 0, 1, 3)]
    service.downloads.start(request("lab/later"))
    service.downloads.move(asked[3].id, 2)
    service.close()
    service.open(limit=0)
    names = [each.request.name for each in service.downloads.active]
    assert names == ["lab/2", "lab/3", "lab/0", "lab/1", "lab/later"]


def test_a_row_that_cannot_be_read_keeps_nobody_from_starting(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.downloads.set_limit(0)
    kept = service.downloads.start(request("lab/kept"))
    broken = service.downloads.start(request("lab/broken"))
    with service.rows._database.session() as session:
        session.execute(text("UPDATE downloads SET request = '{}' WHERE id = :id"), {"id": int(broken.id)})
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
    wait_until(lambda: len(service.kit.depot.opened) == 2, 60)
    service.downloads.close()
    assert not workers(download)
    ((row, _),) = service.rows.all()
    assert (row.id, row.ended) == (download.id, None)
