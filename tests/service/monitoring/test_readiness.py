"""Checks run side by side, and none holds up the answer."""

from __future__ import annotations

import threading
import time

import pytest

from imagedepot.errors import StorageFailure
from imagedepot.service.monitoring.readiness import Checked, Readiness


def fails() -> None:
    raise StorageFailure("The disk is full")


def breaks() -> None:
    raise ValueError("a fault of ours")


def test_each_check_is_reported_by_name_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    found = Readiness({"database": lambda: None, "disk": fails, "docker": breaks}).now()
    assert found == [
        Checked("database"),
        Checked("disk", "The disk is full"),
        Checked("docker", "The check itself broke; the log tells more"),
    ]
    assert [each.is_ok for each in found] == [True, False, False]
    assert "a fault of ours" in caplog.text


def test_a_check_that_hangs_is_not_waited_for_and_not_begun_again() -> None:
    go_on, begun, ended = threading.Event(), threading.Semaphore(0), threading.Event()

    def hangs() -> None:
        begun.release()
        go_on.wait()
        ended.set()

    readiness = Readiness({"disk": hangs, "database": lambda: None}, seconds=0.05)
    for _ in range(20):
        assert readiness.now() == [Checked("disk", "No answer within 0.05 seconds"), Checked("database")]
    assert begun.acquire(blocking=False)
    assert not begun.acquire(blocking=False)
    go_on.set()
    assert ended.wait(20)
    limit = time.monotonic() + 20
    while not all(each.is_ok for each in readiness.now()):
        assert time.monotonic() < limit
