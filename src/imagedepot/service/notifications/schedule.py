"""Decides when a channel is sent what: grouped, not too often, again after a failure. No clock, no threads."""

from __future__ import annotations

import math
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from imagedepot.model.notices.notification import Notice

GROUP = timedelta(seconds=20)
"""What happens within so long goes into one message."""
MOST_AN_HOUR = 30
MOST_IN_ONE = 100
MOST_WAITING = 500
GIVEN_UP_AFTER = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """The notices of one message; `lost` earlier ones had to make way."""

    id: str
    notices: tuple[Notice, ...]
    lost: int = 0

    @property
    def ids(self) -> Sequence[int]:
        """The ids of the notices that have rows."""
        return [each.id for each in self.notices if each.id]


class Schedule:
    """Notices of one channel. Not safe for many threads. `dice` returns 0 to 1, by which pauses are spread."""

    def __init__(self, waiting: Sequence[Notice] = (), dice: Callable[[], float] = lambda: 0.5) -> None:
        """`waiting`: what an earlier run left, in order; what had a message already goes with the same one again."""
        begun = next((each.delivery for each in waiting if each.delivery), "")
        self._batch = Batch(begun, tuple(each for each in waiting if each.delivery == begun)) if begun else None
        self._waiting = deque(each for each in waiting if not begun or each.delivery != begun)
        self._dice = dice
        self._lost = 0
        self._failures = 0
        self._due: datetime | None = None
        self._sent: deque[datetime] = deque(maxlen=MOST_AN_HOUR)

    def __len__(self) -> int:
        return len(self._waiting) + (len(self._batch.notices) if self._batch else 0)

    def add(self, notice: Notice) -> Notice | None:
        """Add a notice; returns the oldest waiting one, if it had to make way."""
        self._waiting.append(notice)
        if len(self) <= MOST_WAITING:
            return None
        self._lost += 1
        return self._waiting.popleft()

    def seconds_left(self, now: datetime) -> float | None:
        """Seconds until there is something to send; None while nothing waits."""
        due = self._next_due()
        return None if due is None else max(0.0, math.ceil((due - now).total_seconds() * 1000) / 1000)

    def take(self, now: datetime) -> Batch | None:
        """What to send now: a message that failed before it, or all that waits. None if it is not time yet."""
        due = self._next_due()
        if due is None or due > now:
            return None
        if self._batch is None:
            taken = [self._waiting.popleft() for _ in range(min(MOST_IN_ONE, len(self._waiting)))]
            delivery = secrets.token_hex(16)
            self._batch = Batch(delivery, tuple(replace(each, delivery=delivery) for each in taken), self._lost)
            self._lost = 0
        return self._batch

    def arrived(self, now: datetime) -> None:
        """Note that the message that was taken has arrived."""
        self._sent.append(now)
        self._end()

    def failed(self, now: datetime, wait: float | None = None) -> bool:
        """Note that it has not; whether it is given up. `wait`: seconds that the receiver asks for."""
        assert self._batch is not None
        if now - min(each.happening.time for each in self._batch.notices) > GIVEN_UP_AFTER:
            self._end()
            return True
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 20)) * (0.75 + self._dice() / 2)
        self._failures += 1
        self._due = now + max(pause, min(timedelta(seconds=wait or 0), GIVEN_UP_AFTER))
        return False

    def _end(self) -> None:
        self._batch, self._due, self._failures = None, None, 0

    def _next_due(self) -> datetime | None:
        if self._batch is not None:
            return self._due or self._batch.notices[0].happening.time
        if not self._waiting:
            return None
        due = self._waiting[0].happening.time + GROUP
        if self._sent:
            due = max(due, self._sent[-1] + GROUP)
        if len(self._sent) == MOST_AN_HOUR:
            due = max(due, self._sent[0] + _HOUR)
        return due
