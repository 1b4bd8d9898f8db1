"""Ends requests at their deadline: socket timeouts only count between two bytes, which may come one by one."""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MOST_LEFTOVERS = 64
_log = logging.getLogger(__name__)


class Watchdog:
    """Calls back at the moments it is given, from one thread for all of them. Safe for many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._acts: dict[int, Callable[[], None]] = {}
        self._due: list[tuple[float, int]] = []
        self._thread: threading.Thread | None = None

    @contextmanager
    def at(self, moment: float, act: Callable[[], None]) -> Iterator[None]:
        """Call `act`, which must not block, if this block still runs at `moment` (of `time.monotonic`)."""
        if moment == math.inf:
            yield
            return
        with self._changed:
            key = next(self._numbers)
            self._acts[key] = act
            heapq.heappush(self._due, (moment, key))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            elif self._due[0][1] == key:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._acts.pop(key, None)
                if len(self._due) > 2 * len(self._acts) + _MOST_LEFTOVERS:
                    self._due = [each for each in self._due if each[1] in self._acts]
                    heapq.heapify(self._due)

    def _watch(self) -> None:
        with self._changed:
            while True:
                while self._due and self._due[0][1] not in self._acts:
                    heapq.heappop(self._due)
                if not self._due:
                    self._changed.wait()
                    continue
                left = self._due[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                # Under the lock, so that nothing is called once the block has ended.
                act = self._acts.pop(heapq.heappop(self._due)[1])
                try:
                    act()
                except Exception:  # noqa: BLE001
                    # The thread has to stay: without it no other request would ever end at its deadline.
                    _log.exception("A request could not be ended at its deadline")
