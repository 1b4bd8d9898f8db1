"""Limits log lines that a client can cause at will to one a minute for each kind."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_SECONDS = 60.0


class LimitedLog:
    """Write the first line of a kind at once; count further ones and add their number to the next line."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, tuple[float, int]] = {}  # when the last line was written, lines left out since then

    def warning(self, kind: str, message: str) -> None:
        """`kind` is a constant of the caller, never text from outside."""
        with self._lock:
            now = self._clock()
            written, left_out = self._kinds.get(kind, (now - _SECONDS, 0))
            if now - written < _SECONDS:
                self._kinds[kind] = (written, left_out + 1)
                return
            self._kinds[kind] = (now, 0)
        more = f" ({left_out} more of this kind since the last such line)" if left_out else ""
        self._log.warning("%s%s", message, more)
