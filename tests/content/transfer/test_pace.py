"""What is slow for long is given up, by a clock that the test holds."""

from __future__ import annotations

import pytest

from imagedepot.content.transfer.pace import Pace
from imagedepot.errors import UpstreamError
from tests.remote.clients import Clock


def feed(pace: Pace, clock: Clock, rate: int, seconds: int, step: int = 10) -> None:
    for _ in range(0, seconds, step):
        clock.seconds += step
        pace.took(rate * step)


def test_less_than_the_least_speed_over_the_window_is_given_up() -> None:
    clock = Clock()
    pace = Pace(1000, 300, clock)
    with pace.asking():
        feed(pace, clock, 999, 290)
        with pytest.raises(UpstreamError, match=r"^Less than 1 kB/s came for 5 minutes: given up$"):
            feed(pace, clock, 999, 30)


def test_what_was_fast_is_given_up_when_it_has_been_slow_for_the_window() -> None:
    clock = Clock()
    pace = Pace(1000, 300, clock)
    with pace.asking():
        feed(pace, clock, 1000, 3000)
        feed(pace, clock, 10**6, 10)
        feed(pace, clock, 1, 290)
        with pytest.raises(UpstreamError):
            feed(pace, clock, 1, 60)


def test_all_parts_count_together() -> None:
    clock = Clock()
    pace = Pace(1000, 300, clock)
    with pace.asking(), pace.asking():
        for _ in range(100):
            clock.seconds += 10
            pace.took(5100)
            pace.took(5100)


def test_time_that_our_own_cap_takes_does_not_count() -> None:
    clock = Clock()
    pace = Pace(1000, 300, clock)
    with pace.asking():
        for _ in range(1000):
            clock.seconds += 1
            pace.took(1000)
            with pace.resting():
                clock.seconds += 60
