"""Guessing is slowed down; what is counted, and for whom."""

from __future__ import annotations

import pytest

from imagedepot.errors import TooManyLogins
from imagedepot.service.access.login_throttle import LoginThrottle, network

HERE, THERE = "10.0.0.1", "10.0.0.2"


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_five_are_free_and_each_further_one_doubles_the_wait() -> None:
    clock = Clock()
    throttle = LoginThrottle(clock)
    waits = []
    for _ in range(14):
        throttle.begin("ada", HERE)
        try:
            throttle.begin("ada", HERE)
        except TooManyLogins as error:
            waits.append(error.seconds)
            clock.now += error.seconds
    assert waits[:8] == [3, 5, 9, 17, 33, 65, 129, 257]
    assert set(waits[8:]) == {301}


def test_a_name_alone_is_delayed_and_never_refused() -> None:
    throttle = LoginThrottle(Clock())
    delays = [throttle.begin("ada", f"10.0.{number}.1").delay for number in range(30)]
    assert delays == [0.0] * 20 + [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert throttle.begin("bob", HERE).delay == 0.0
    assert throttle.begin("ada", HERE, browser="known").delay == 0.0


def test_a_success_forgives_the_pair_and_is_no_failure_of_the_name() -> None:
    throttle = LoginThrottle(Clock())
    for _ in range(100):
        attempt = throttle.begin("ada", HERE)
        assert attempt.delay == 0.0
        throttle.succeeded(attempt)
    assert len(throttle) == 0


def test_an_hour_forgets() -> None:
    clock = Clock()
    throttle = LoginThrottle(clock)
    for number in range(30):
        throttle.begin("ada", f"10.0.{number // 5}.1")
    clock.now += 3601
    assert throttle.begin("ada", "10.0.0.1").delay == 0.0


def test_memory_is_bounded_whatever_names_and_addresses_are_sent() -> None:
    throttle = LoginThrottle(Clock(), most=100)
    for number in range(1000):
        throttle.begin(f"{number}" * 1000, f"10.0.0.{number}" * 1000)
    assert len(throttle) == 100
    assert max(len(key) for key in throttle._failures) < 200


def test_the_current_password_has_a_count_of_its_own() -> None:
    throttle = LoginThrottle(Clock())
    for _ in range(5):
        throttle.confirm("ada", HERE)
    with pytest.raises(TooManyLogins):
        throttle.confirm("ada", THERE)
    throttle.begin("ada", HERE)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("the control socket", "the control socket"),
    ],
)
def test_a_host_that_chooses_its_address_is_one(address: str, counted: str) -> None:
    assert network(address) == counted


def test_the_sentence_says_how_long() -> None:
    throttle = LoginThrottle(Clock())
    for _ in range(5):
        throttle.begin("ada", HERE)
    with pytest.raises(TooManyLogins, match=r"^Too many failed logins; try again in 3 seconds$"):
        throttle.begin("ada", HERE)
    assert str(TooManyLogins(1)) == "Too many failed logins; try again in 1 second"
