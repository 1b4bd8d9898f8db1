from __future__ import annotations

import threading
import time

import pytest

from imagedepot.remote.http.watchdog import Watchdog


def test_an_act_that_fails_is_logged_and_ends_no_later_one(caplog: pytest.LogCaptureFixture) -> None:
    watchdog, tried, called = Watchdog(), threading.Event(), threading.Event()

    def fail() -> None:
        tried.set()
        raise TypeError("no socket")

    with watchdog.at(time.monotonic(), fail):
        assert tried.wait(20)
    with watchdog.at(time.monotonic(), called.set):
        assert called.wait(20)
    assert "no socket" in caplog.text
