"""The audit trail is written beside the work: it makes nobody wait, fails no call, and loses nothing in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from imagedepot.errors import StorageFailure
from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery
from imagedepot.service.audit.trail import LEFT_OUT, LOST, AuditTrail
from tests.contracts.memory.rows import MemoryAudit
from tests.contracts.rows import NOON, event

DAY = timedelta(days=1)
WAIT = 60


class Rows(MemoryAudit):
    """In memory; `go_on` lets writes through, `fails` is how many of them fail."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails = 0
        self.writes = 0

    def add(self, events: Sequence[AuditEvent]) -> None:
        self.go_on.wait(WAIT)
        self.writes += 1
        if self.fails:
            self.fails -= 1
            raise StorageFailure("The database refused a change: database is locked")
        super().add(events)


@contextmanager
def running(rows: Rows, days: int = 365, most: int = 100_000) -> Iterator[AuditTrail]:
    trail = AuditTrail(rows, lambda: days, lambda: NOON, most, retry_seconds=0.01)
    trail.start()
    try:
        yield trail
    finally:
        rows.go_on.set()
        trail.close(WAIT)


def test_what_is_recorded_is_found_at_once() -> None:
    with running(Rows()) as trail:
        for number in range(10):
            trail.record(event(target=str(number)))
            assert trail.find(AuditQuery(), 1)[0].target == str(number)


def test_a_database_that_hangs_holds_up_nobody_who_records() -> None:
    rows = Rows()
    rows.go_on.clear()
    with running(rows) as trail:
        for number in range(1000):
            trail.record(event(target=str(number)))  # would hang here, until the test's own limit
        assert rows.events == []
        rows.go_on.set()
        assert trail.flush(WAIT)
        assert [each.target for each in rows.events] == [str(number) for number in range(1000)]
        assert rows.writes < 10  # many at once


def test_a_database_that_refuses_is_asked_again_and_each_event_is_kept_once(caplog: pytest.LogCaptureFixture) -> None:
    rows = Rows()
    rows.fails = 3
    with running(rows) as trail:
        for number in range(5):
            trail.record(event(target=str(number)))
        assert trail.flush(WAIT)
    assert [each.target for each in rows.events] == ["0", "1", "2", "3", "4"]
    assert caplog.text.count("the audit trail cannot be written now") == 1


def test_what_finds_no_room_while_the_database_is_away_is_counted() -> None:
    rows = Rows()
    rows.go_on.clear()
    with running(rows) as trail:
        for _ in range(25_000):
            trail.record(event())
        rows.go_on.set()
        assert trail.flush(WAIT)
        lost = [each for each in rows.events if each.action == LOST]
        kept = len(rows.events) - len(lost)
        assert sum(int(each.detail.split()[0]) for each in lost) == 25_000 - kept
        assert 20_000 <= kept < 21_000


def test_a_flood_of_attempts_leaves_so_many_a_minute_and_their_number() -> None:
    rows = Rows()
    refused, failed = event(outcome=AuditOutcome.REFUSED), event(outcome=AuditOutcome.FAILED)
    with running(rows) as trail:
        for _ in range(2500):
            trail.record(refused)
            trail.record(failed)
        trail.record(event(target="a change"))
        trail.record(replace(refused, time=NOON + DAY, target="the next minute"))
        assert trail.flush(WAIT)
    texts = [each.target or each.detail for each in rows.events]
    assert texts == [*["bob"] * 60, "a change", "4940 more attempts in one minute", "the next minute"]
    assert rows.events[61].action == LEFT_OUT


def test_events_go_when_they_are_too_old_or_too_many() -> None:
    rows = Rows()
    rows.add([event(target="old", time=NOON - 366 * DAY), event(target="young", time=NOON - 364 * DAY)])
    with running(rows, most=3) as trail:
        for number in range(3):
            trail.record(event(target=str(number)))
        assert trail.flush(WAIT)
        trail.tidy()
        limit = time.monotonic() + WAIT
        while [each.target for each in rows.events] != ["0", "1", "2"]:
            assert time.monotonic() < limit, rows.events


def test_with_no_days_nothing_is_kept() -> None:
    rows = Rows()
    with running(rows, days=0) as trail:
        trail.record(event())
        assert trail.find(AuditQuery(), 10) == []


def test_what_waits_at_the_end_is_written() -> None:
    rows = Rows()
    rows.go_on.clear()
    with running(rows) as trail:
        trail.record(event())
    assert len(rows.events) == 1
    assert trail.is_alive  # it is no fault that it has ended


def test_texts_of_strangers_fit_into_a_row_and_on_a_line() -> None:
    with running(Rows()) as trail:
        trail.record(event(actor="a" * 10_000, target="x\ny\x1b[2J\u202e"))
        kept = trail.find(AuditQuery(), 1)[0]
    assert len(kept.actor) == 500
    assert kept.target == "x\ufffdy\ufffd[2J\ufffd"


def test_all_of_it_is_read_page_by_page() -> None:
    rows = Rows()
    rows.add([event(target=str(number)) for number in range(2500)])
    with running(rows) as trail:
        assert [each.target for each in trail.every(AuditQuery())] == [str(number) for number in range(2499, -1, -1)]
        some = [each.target for each in trail.every(AuditQuery(text="249"))]
        assert some == [*(str(number) for number in range(2499, 2489, -1)), "2249", "1249", "249"]
