"""The speed of one download, so that an upstream that is far too slow is given up."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imagedepot.errors import UpstreamError

_MARKS = 30


class Pace:
    """Counts the bytes of all parts of a download against the time in which at least one of them waits for the
    upstream: our own bandwidth cap does not count. Safe for many threads.

    `least` in bytes a second, over `window` seconds.
    """

    def __init__(self, least: int, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._least = least
        self._window = window
        self._clock = clock
        self._lock = threading.Lock()
        self._asking = 0
        self._since = 0.0
        self._asked = 0.0
        self._bytes = 0
        self._marks: deque[tuple[float, int]] = deque([(0.0, 0)])

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While inside, this thread waits for the upstream."""
        self._step(1)
        try:
            yield
        finally:
            self._step(-1)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Inside `asking`: while inside, this thread waits for something else than the upstream."""
        self._step(-1)
        try:
            yield
        finally:
            self._step(1)

    def took(self, count: int) -> None:
        """Count bytes. Raises `UpstreamError` once too few have come for too long."""
        with self._lock:
            self._bytes += count
            now = self._asked + (self._clock() - self._since if self._asking else 0.0)
            if now - self._marks[-1][0] < self._window / _MARKS:
                return
            while len(self._marks) > 1 and self._marks[1][0] <= now - self._window:
                self._marks.popleft()
            begin, before = self._marks[0]
            self._marks.append((now, self._bytes))
            if now - begin >= self._window and self._bytes - before < self._least * (now - begin):
                raise UpstreamError(
                    f"Less than {self._least / 1000:g} kB/s came for {self._window / 60:g} minutes: given up"
                )

    def _step(self, by: int) -> None:
        with self._lock:
            now = self._clock()
            if self._asking:
                self._asked += now - self._since
            self._since = now
            self._asking += by
