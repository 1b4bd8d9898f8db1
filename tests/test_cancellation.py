"""The flag that stops work, and the time that it gives."""

from __future__ import annotations

import math
import threading

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, TimedOut


def test_a_part_ends_with_the_whole_and_never_later() -> None:
    whole = Cancellation(patience=7)
    with whole.within(1000) as part, part.within(5000) as inner:
        assert (inner.patience, inner.deadline) == (7, part.deadline)
        assert whole.deadline == math.inf
        whole.cancel()
        assert inner.cancelled
    with whole.within(1) as part:
        assert part.cancelled


def test_who_waits_for_a_lock_can_be_cancelled_and_waits_no_longer_than_the_deadline() -> None:
    lock, cancellation = threading.Lock(), Cancellation()
    with lock:
        with cancellation.within(0.05) as part, pytest.raises(TimedOut), part.acquired(lock):
            pass
        threading.Timer(0.05, cancellation.cancel).start()
        with pytest.raises(Cancelled), cancellation.acquired(lock):
            pass
    with Cancellation().acquired(lock):
        assert lock.locked()
    assert not lock.locked()
