"""One flag that stops one piece of work, also while it is blocked in a read.

A blocked read does not look at a flag, so code that opens a socket registers how to shut it (`on_cancel`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imagedepot.errors import Cancelled, TimedOut

_LOOK_SECONDS = 0.1


class Cancellation:
    """A flag that any thread may set once, and that all threads of one piece of work read.

    It also carries how long that work may wait: `patience` in seconds for an answer's head, and then for each further
    byte (None: the default of the part that waits); `deadline` is the moment of `clock` that ends all of it.
    """

    def __init__(
        self,
        patience: float | None = None,
        deadline: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.patience = patience
        self.deadline = deadline
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        with self._lock:
            self._event.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raises `Cancelled` once the work was cancelled."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep; raises `Cancelled` at once when the work is cancelled."""
        if self._event.wait(seconds):
            raise Cancelled

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return self.deadline - self.clock()

    @contextmanager
    def within(self, seconds: float) -> Iterator[Cancellation]:
        """A flag for a part of this work that may take at most `seconds`; it is cancelled with the whole."""
        part = Cancellation(self.patience, min(self.deadline, self.clock() + seconds), self.clock)
        with self.on_cancel(part.cancel):
            yield part

    @contextmanager
    def acquired(self, lock: threading.Lock) -> Iterator[None]:
        """Wait for `lock` and hold it. Raises `Cancelled`, and `TimedOut` at the deadline."""
        while not lock.acquire(timeout=max(0.0, min(_LOOK_SECONDS, self.seconds_left))):
            self.check()
            if self.seconds_left <= 0:
                raise TimedOut("Another request for the same has not been answered in time")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """While inside, `cancel()` calls `callback` (from its own thread); at once when already cancelled."""
        with self._lock:
            self._callbacks.append(callback)
            late = self._event.is_set()
        if late:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)
