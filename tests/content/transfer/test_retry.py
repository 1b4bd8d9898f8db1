"""Retries, by a clock and a jitter that the test holds."""

from __future__ import annotations

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.retry import Retry, RetryPolicy
from imagedepot.errors import (
    Cancelled,
    ConnectionBroken,
    DepotError,
    DigestMismatch,
    NetworkLost,
    RateLimited,
    StorageUnavailable,
    TimedOut,
    Unavailable,
    UpstreamNotFound,
)


class Waits(Cancellation):
    """Time passes only in waits, which are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.check()
        self.waited.append(seconds)

    def now(self) -> float:
        return sum(self.waited)


def retry(waits: Waits, jitter: float = 1.0) -> Retry:
    return RetryPolicy(clock=waits.now, jitter=lambda: jitter).begin()


def give_up(of: Retry, error: DepotError, waits: Waits) -> int:
    """How many failures it takes."""
    for count in range(1, 10_000):
        try:
            of.failed(error, waits)
        except type(error):
            return count
    raise AssertionError("it never gave up")


@pytest.mark.parametrize("error", [ConnectionBroken("x"), TimedOut("x"), Unavailable("x")])
def test_five_attempts_without_a_new_byte_are_enough(error: DepotError) -> None:
    waits = Waits()
    assert give_up(retry(waits), error, waits) == 5
    assert waits.waited == [0.5, 1.0, 2.0, 4.0]


def test_jitter_halves_a_wait_at_most() -> None:
    waits = Waits()
    give_up(retry(waits, jitter=0.0), ConnectionBroken("x"), waits)
    assert waits.waited == [0.25, 0.5, 1.0, 2.0]


def test_a_new_byte_begins_everything_again() -> None:
    waits = Waits()
    retries = retry(waits)
    for byte in range(1, 101):
        retries.failed(ConnectionBroken("x"), waits)
        retries.reached(byte)
    assert give_up(retries, ConnectionBroken("x"), waits) == 6, "the last connection brought bytes"
    assert max(waits.waited) <= 10


def test_the_same_bytes_again_are_no_new_ones() -> None:
    waits = Waits()
    retries = retry(waits)
    retries.reached(100)
    retries.failed(ConnectionBroken("x"), waits)
    for _ in range(4):
        retries.reached(100)
        retries.failed(ConnectionBroken("x"), waits)
    retries.reached(100)
    with pytest.raises(ConnectionBroken):
        retries.failed(ConnectionBroken("x"), waits)


def test_a_429_without_a_time_is_tried_again_ever_more_slowly() -> None:
    waits = Waits()
    assert give_up(retry(waits), RateLimited("x"), waits) == 6
    assert waits.waited == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_new_byte_begins_the_waits_after_a_429_again() -> None:
    waits = Waits()
    retries = retry(waits)
    retries.failed(RateLimited("x"), waits)
    retries.reached(1)
    retries.failed(RateLimited("x"), waits)
    retries.failed(RateLimited("x"), waits)
    assert waits.waited == [1.0, 1.0, 2.0]


def test_other_failures_after_a_429_are_counted_as_ever() -> None:
    waits = Waits()
    retries = retry(waits)
    retries.failed(RateLimited("x"), waits)
    assert give_up(retries, ConnectionBroken("x"), waits) == 5


def test_any_failure_after_a_new_byte_begins_the_waits_after_a_429_again() -> None:
    waits = Waits()
    retries = retry(waits)
    for _ in range(5):
        retries.failed(RateLimited("x"), waits)
    retries.reached(1)
    retries.failed(ConnectionBroken("x"), waits)
    assert give_up(retries, RateLimited("x"), waits) == 6


@pytest.mark.parametrize(
    "error", [UpstreamNotFound("x"), DigestMismatch("x", "a", "b"), RateLimited("x", is_quota=True)]
)
def test_what_cannot_get_better_is_not_waited_for(error: DepotError) -> None:
    waits = Waits()
    assert give_up(retry(waits), error, waits) == 1
    assert waits.waited == []


@pytest.mark.parametrize("error", [RateLimited("x", retry_after=60), Unavailable("x", retry_after=60)])
def test_a_minute_that_the_upstream_asks_for_is_given(error: DepotError) -> None:
    waits = Waits()
    assert give_up(retry(waits), error, waits) == 5
    assert waits.waited == [60.0] * 4


@pytest.mark.parametrize("error", [RateLimited("x", retry_after=61), Unavailable("x", retry_after=61)])
def test_more_than_a_minute_ends_it_at_once(error: DepotError) -> None:
    waits = Waits()
    assert give_up(retry(waits), error, waits) == 1


@pytest.mark.parametrize("error", [NetworkLost("x"), StorageUnavailable("x")])
def test_a_lost_network_or_storage_is_borne_for_ten_minutes_ever_more_slowly(error: DepotError) -> None:
    waits = Waits()
    count = give_up(retry(waits), error, waits)
    assert 600 <= waits.now() <= 610
    assert waits.waited[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert max(waits.waited) == 10.0
    assert count < 100


def test_a_network_that_comes_back_has_its_ten_minutes_again() -> None:
    waits = Waits()
    retries = retry(waits)
    for byte in range(1, 4):
        for _ in range(50):
            retries.failed(NetworkLost("x"), waits)
        retries.reached(byte)
    assert waits.now() > 1000


def test_a_cancel_does_not_wait() -> None:
    waits = Waits()
    waits.cancel()
    with pytest.raises(Cancelled):
        retry(waits).failed(ConnectionBroken("x"), waits)
