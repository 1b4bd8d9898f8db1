from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.depots.cached import Cached, CachedValue
from imagedepot.errors import Cancelled, DepotError, InvalidAnswer, RateLimited, TimedOut, Unavailable
from tests.ground.waiting import wait_until
from tests.remote.clients import Clock


class Upstream:
    """Answers `key` and how often it was asked; fails, or holds, when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: BaseException | None = None
        self.reached = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.given_up = threading.Semaphore(0)

    def __call__(self, key: str, cancellation: Cancellation) -> str:
        self.asked += 1
        asked = self.asked
        self.reached.set()
        while not self.gate.wait(0.01):
            if cancellation.cancelled:
                self.given_up.release()
                raise Cancelled
        if self.error is not None:
            raise self.error
        return f"{key} {asked}"


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(upstream: Upstream, clock: Clock) -> Cached[str, str]:
    return Cached(upstream, lifetime=100, patience=0.05, pause=30, capacity=2, clock=clock)


def test_a_fresh_answer_is_not_asked_for_again(cached: Cached[str, str], clock: Clock) -> None:
    assert cached.get("a") == CachedValue("a 1", False)
    clock.seconds += 99
    assert cached.get("a") == CachedValue("a 1", False)
    clock.seconds += 2
    assert cached.get("a") == CachedValue("a 2", False)


def test_who_asks_while_another_does_shares_the_answer(cached: Cached[str, str], upstream: Upstream) -> None:
    upstream.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(cached.get, "a") for _ in range(6)]
        assert upstream.reached.wait(20)
        upstream.gate.set()
        assert {future.result(20) for future in waiting} == {CachedValue("a 1", False)}
    assert upstream.asked == 1


def test_a_question_is_given_up_when_the_last_who_waits_for_it_leaves(
    cached: Cached[str, str], upstream: Upstream
) -> None:
    upstream.gate.clear()
    flags = [Cancellation(), Cancellation()]
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(cached.get, "a", flag) for flag in flags]
        assert upstream.reached.wait(20)
        flags[0].cancel()
        with pytest.raises(Cancelled):
            waiting[0].result(20)
        assert not upstream.given_up.acquire(blocking=False), "one still waits"
        flags[1].cancel()
        with pytest.raises(Cancelled):
            waiting[1].result(20)
        assert upstream.given_up.acquire(timeout=20)
    upstream.gate.set()
    assert cached.get("a").value == "a 2", "whoever comes next asks again"


def test_nobody_waits_longer_than_the_deadline(cached: Cached[str, str], upstream: Upstream) -> None:
    upstream.gate.clear()
    with Cancellation().within(0.05) as flag, pytest.raises(TimedOut):
        cached.get("a", flag)
    upstream.gate.set()


def test_keys_do_not_wait_for_each_other(cached: Cached[str, str], upstream: Upstream) -> None:
    upstream.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(cached.get, "slow")
        assert upstream.reached.wait(20)
        cached.put("other", "here", 0)
        assert cached.get("other") == CachedValue("here", False)
        upstream.gate.set()
        slow.result(20)


def test_an_old_answer_stands_while_a_newer_one_is_on_its_way(
    cached: Cached[str, str], upstream: Upstream, clock: Clock
) -> None:
    cached.get("a")
    clock.seconds += 101
    upstream.gate.clear()
    assert cached.get("a") == CachedValue("a 1", True)
    clock.seconds += 1
    assert cached.get("a") == CachedValue("a 1", True), "and the next one does not wait at all"
    assert upstream.asked == 2
    upstream.gate.set()
    wait_until(lambda: cached.get("a") == CachedValue("a 2", False))
    assert upstream.asked == 2


def test_a_failed_upstream_is_left_alone_for_a_while(
    cached: Cached[str, str], upstream: Upstream, clock: Clock
) -> None:
    cached.get("a")
    clock.seconds += 101
    upstream.error = Unavailable("it is away")
    assert [cached.get("a") for _ in range(3)] == [CachedValue("a 1", True)] * 3
    assert upstream.asked == 2
    clock.seconds += 31
    upstream.error = None
    assert cached.get("a") == CachedValue("a 3", False)


def test_an_upstream_that_says_how_long_is_left_alone_that_long_but_not_for_ever(
    cached: Cached[str, str], upstream: Upstream, clock: Clock
) -> None:
    cached.get("a")
    clock.seconds += 101
    upstream.error = RateLimited("limited", None, 10**7)
    for _ in range(2):
        assert cached.get("a").stale
        clock.seconds += 800
    assert upstream.asked == 2
    clock.seconds += 800
    assert cached.get("a").stale
    assert upstream.asked == 3


def test_with_no_answer_at_all_everybody_gets_the_reason(cached: Cached[str, str], upstream: Upstream) -> None:
    upstream.error = InvalidAnswer("it speaks in riddles")
    for count in (1, 2):
        with pytest.raises(InvalidAnswer, match=r"^it speaks in riddles$"):
            cached.get("a")
        assert upstream.asked == count
    upstream.error = None
    assert cached.get("a") == CachedValue("a 3", False)


def test_a_limit_is_kept_to_also_with_no_answer_at_all(
    cached: Cached[str, str], upstream: Upstream, clock: Clock
) -> None:
    upstream.error = RateLimited("limited", None, 20)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            cached.get("a")
        assert caught.value.retry_after == 20
    assert upstream.asked == 1
    clock.seconds += 21
    upstream.error = None
    assert cached.get("a") == CachedValue("a 2", False)


def test_a_mistake_of_ours_holds_nobody(cached: Cached[str, str], upstream: Upstream) -> None:
    upstream.error = KeyError("oops")
    with pytest.raises(KeyError):
        cached.get("a")
    upstream.error = None
    assert cached.get("a").value == "a 2"


def test_the_answer_that_nobody_wanted_longest_is_dropped(cached: Cached[str, str], upstream: Upstream) -> None:
    for key in ("a", "b", "a", "c"):
        cached.get(key)
    assert upstream.asked == 3
    cached.get("a")
    assert upstream.asked == 3
    cached.get("b")
    assert upstream.asked == 4


def test_an_answer_from_elsewhere_has_its_age(cached: Cached[str, str], upstream: Upstream) -> None:
    cached.put("a", "young", 50)
    cached.put("b", "old", 150)
    assert cached.get("a") == CachedValue("young", False)
    upstream.error = DepotError("no")
    assert cached.get("b") == CachedValue("old", True)
