"""The bandwidth cap, by a clock that the test holds."""

from __future__ import annotations

import threading

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import Cancelled


class Time(Cancellation):
    """Waiting is what makes time pass."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: self.now)
        self.now = 100.0
        self._moving = threading.Lock()

    def wait(self, seconds: float) -> None:
        self.check()
        with self._moving:
            self.now += seconds


def test_without_a_cap_nobody_waits() -> None:
    time = Time()
    Throttle(None, time.clock).take(1 << 40, time)
    assert time.now == 100.0


@pytest.mark.parametrize("piece", [1000, 50_000, 300_000])
def test_a_long_stream_keeps_to_the_cap(piece: int) -> None:
    time = Time()
    throttle = Throttle(1_000_000, time.clock)
    total = 10_000_000
    for _ in range(total // piece):
        throttle.take(piece, time)
    assert time.now - 100.0 == pytest.approx(total / 1_000_000, abs=0.6)


def test_all_downloads_share_one_cap() -> None:
    time = Time()
    throttle = Throttle(1_000_000, time.clock)
    for _ in range(50):
        for _ in range(4):
            throttle.take(50_000, time)
    assert time.now - 100.0 == pytest.approx(10.0, abs=0.5)


def test_pauses_are_not_saved_up() -> None:
    time = Time()
    throttle = Throttle(1_000_000, time.clock)
    time.now += 3600
    before = time.now
    for _ in range(20):
        throttle.take(100_000, time)
    assert time.now - before >= 1.5


def test_a_cap_may_change_while_bytes_flow() -> None:
    time = Time()
    throttle = Throttle(1_000, time.clock)
    throttle.take(5_000, time)
    throttle.set_rate(None)
    before = time.now
    throttle.take(1 << 30, time)
    assert time.now == before


@pytest.mark.parametrize(("rate", "piece"), [(None, 262_144), (20_000_000, 262_144), (100_000, 25_000), (10, 4096)])
def test_pieces_are_small_enough_that_nobody_waits_long(rate: int | None, piece: int) -> None:
    assert Throttle(rate).piece(262_144) == piece


def test_cancelling_ends_the_wait() -> None:
    time = Time()
    throttle = Throttle(1000, time.clock)
    time.cancel()
    with pytest.raises(Cancelled):
        throttle.take(1_000_000, time)
