"""One thread at a time for each key; the others see how far it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.errors import Cancelled
from imagedepot.model.download import PartStatus


class Holder:
    """Somebody who has the turn until told otherwise."""

    def __init__(self, turns: KeyedLock, pool: ThreadPoolExecutor, key: str = "k") -> None:
        self.part = PartProgress(key, 10)
        self.cancellation = Cancellation()
        self.has_it = threading.Event()
        self.let_go = threading.Event()
        self.error: Exception | None = None
        self.done: Future[None] = pool.submit(self._run, turns, key)

    def _run(self, turns: KeyedLock, key: str) -> None:
        with turns.turn(key, self.part, self.cancellation):
            self.has_it.set()
            assert self.let_go.wait(60)
            if self.error:
                raise self.error


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_the_second_waits_and_mirrors_the_first(pool: ThreadPoolExecutor) -> None:
    turns = KeyedLock()
    first = Holder(turns, pool)
    assert first.has_it.wait(60)
    second = Holder(turns, pool)
    first.part.bytes = 7
    while second.part.bytes != 7:
        assert not second.done.done()
    assert second.part.status.value == "shared"
    assert not second.has_it.is_set()
    first.let_go.set()
    assert second.has_it.wait(60)
    assert second.part.status is PartStatus.WAITING
    second.let_go.set()
    second.done.result(60)


def test_when_the_holder_fails_the_next_takes_over(pool: ThreadPoolExecutor) -> None:
    turns = KeyedLock()
    first = Holder(turns, pool)
    assert first.has_it.wait(60)
    others = [Holder(turns, pool) for _ in range(3)]
    first.error = ValueError("broke")
    first.let_go.set()
    with pytest.raises(ValueError, match="broke"):
        first.done.result(60)
    for _ in others:
        while not (holding := [each for each in others if each.has_it.is_set() and not each.done.done()]):
            pass
        assert len(holding) == 1
        holding[0].let_go.set()
        holding[0].done.result(60)


def test_other_keys_do_not_wait(pool: ThreadPoolExecutor) -> None:
    turns = KeyedLock()
    holders = [Holder(turns, pool, key) for key in ("a", "b")]
    for holder in holders:
        assert holder.has_it.wait(60)
    for holder in holders:
        holder.let_go.set()


def test_a_waiter_can_be_cancelled_alone(pool: ThreadPoolExecutor) -> None:
    turns = KeyedLock()
    first = Holder(turns, pool)
    assert first.has_it.wait(60)
    second = Holder(turns, pool)
    while second.part.status is not PartStatus.SHARED:
        assert not second.done.done()
    second.cancellation.cancel()
    with pytest.raises(Cancelled):
        second.done.result(60)
    assert not first.done.done()
    first.let_go.set()
    first.done.result(60)
