"""A bandwidth cap over all downloads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from imagedepot.cancellation import Cancellation

_BURST_SECONDS = 0.25
_SMALLEST_PIECE = 4096


class Throttle:
    """`rate` in bytes a second, None for no cap; may be changed while downloads run."""

    def __init__(self, rate: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = 0.0

    def set_rate(self, rate: int | None) -> None:
        """Change the cap, also while downloads run."""
        self.rate = rate

    def piece(self, most: int) -> int:
        """How many bytes to read at once: at most `most`, fewer under a low cap, so that downloads take short turns."""
        rate = self.rate
        return most if rate is None else max(_SMALLEST_PIECE, min(most, int(rate * _BURST_SECONDS)))

    def take(self, count: int, cancellation: Cancellation) -> None:
        """Wait until `count` bytes fit under the cap. Raises `Cancelled`."""
        rate = self.rate
        if rate is None:
            return
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - _BURST_SECONDS) + count / rate
            wait = self._free_at - now
        if wait > 0:
            cancellation.wait(wait)
