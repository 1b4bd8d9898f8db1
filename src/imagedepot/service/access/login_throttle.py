"""Failed logins, counted for each address and for each name, so that nobody can try passwords all day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from imagedepot.errors import TooManyLogins

_FREE = 5
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
_FORGOTTEN_AFTER = 3600.0
_MOST = 10_000


class Attempts:
    """After five failures each further one doubles the wait, up to five minutes. Kept in memory alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}  # how many, and when the last was

    def check(self, *keys: str) -> None:
        """Raises `TooManyLogins` while one of `keys` has to wait."""
        now = self._clock()
        with self._lock:
            waits = [self._wait(key, now) for key in keys]
        if max(waits) > 0:
            raise TooManyLogins(int(max(waits)) + 1)

    def failed(self, *keys: str) -> None:
        now = self._clock()
        with self._lock:
            if len(self._failures) > _MOST:
                self._failures = {key: seen for key, seen in self._failures.items() if now - seen[1] < _FORGOTTEN_AFTER}
            for key in keys:
                count, last = self._failures.get(key, (0, now))
                self._failures[key] = (1 if now - last > _FORGOTTEN_AFTER else count + 1, now)

    def succeeded(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < _FREE:
            return 0.0
        return last + min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(count - _FREE, 20)) - now
