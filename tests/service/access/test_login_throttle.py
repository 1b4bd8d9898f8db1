from __future__ import annotations

import pytest

from imagedepot.errors import TooManyLogins
from imagedepot.service.access.login_throttle import Attempts


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def wait_of(attempts: Attempts, *keys: str) -> int:
    try:
        attempts.check(*keys)
    except TooManyLogins as error:
        return error.seconds
    return 0


def test_five_are_free_and_each_further_one_doubles_the_wait() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(14):
        attempts.failed("a")
        waits.append(wait_of(attempts, "a"))
        clock.now += waits[-1]
    assert waits == [0, 0, 0, 0, 3, 5, 9, 17, 33, 65, 129, 257, 301, 301]


def test_one_key_that_has_to_wait_is_enough() -> None:
    attempts = Attempts(Clock())
    for _ in range(5):
        attempts.failed("name", "address")
    assert wait_of(attempts, "name", "other address") == 3
    assert wait_of(attempts, "other name", "other address") == 0


def test_a_success_forgets_and_so_does_an_hour() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(9):
        attempts.failed("a", "b")
    attempts.succeeded("a")
    assert wait_of(attempts, "a") == 0
    clock.now += 3601
    attempts.failed("b")
    assert wait_of(attempts, "b") == 0


def test_what_was_long_ago_takes_no_memory() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(10_001):
        attempts.failed(str(number))
    clock.now += 3601
    attempts.failed("new")
    assert set(attempts._failures) == {"new"}


def test_the_sentence_says_how_long() -> None:
    attempts = Attempts(Clock())
    for _ in range(6):
        attempts.failed("a")
    with pytest.raises(TooManyLogins, match=r"^Too many failed logins; try again in 5 seconds$"):
        attempts.check("a")
    assert str(TooManyLogins(1)) == "Too many failed logins; try again in 1 second"
