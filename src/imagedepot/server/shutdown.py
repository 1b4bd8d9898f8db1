"""Ends the service in an orderly way on SIGTERM and Ctrl-C, at whatever moment they come."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# What is still busy after this is cut off: every file is as whole as it would be after a `kill -9`.
_LAST_SECONDS = 1.8


class Shutdown:
    """One for the process; `watch` from the first moment. Only the first signal counts.

    The event loop's own handlers would not do: they are there only while it runs, and a signal just before (the socket
    takes connections already) or just after would end the process badly. Nor may a handler raise: what it interrupts
    may be something that swallows exceptions.
    """

    def __init__(self) -> None:
        self._stop: Callable[[], None] | None = None
        self._came = False
        self._alarm = threading.Event()

    def watch(self) -> None:
        threading.Thread(target=self._cut_off, name="ending", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())

    @contextmanager
    def by(self, stop: Callable[[], None]) -> Iterator[None]:
        """While inside, a signal calls `stop`; one that came earlier, while all was being started, does so at once."""
        self._stop = stop
        if self._came:
            stop()
        try:
            yield
        finally:
            self._stop = None

    def _end(self) -> None:
        if not self._came:
            self._came = True  # before the lock in `set`, which a second signal must not meet
            self._alarm.set()
            if self._stop is not None:
                self._stop()

    def _cut_off(self) -> None:
        self._alarm.wait()
        time.sleep(_LAST_SECONDS)
        os._exit(0)
