"""Takes events without delaying their publishers, and passes them on from a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from imagedepot.model.notices.happening import Happening

MOST = 1_000
_log = logging.getLogger(__name__)


class Inbox:
    """`pass_on` is called with what has come, in order. Beyond `MOST` that wait the oldest are left out."""

    def __init__(self, pass_on: Callable[[Sequence[Happening]], None]) -> None:
        self._pass_on = pass_on
        self._changed = threading.Condition()
        self._come: deque[Happening] = deque(maxlen=MOST)
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, happening: Happening) -> None:
        with self._changed:
            if self._closing:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
                self._thread.start()
            self._come.append(happening)
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Hand on what has come, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._come and not self._closing:
                    self._changed.wait()
                if not self._come:
                    return
                come = list(self._come)
                self._come.clear()
            try:
                self._pass_on(come)
            except Exception:  # noqa: BLE001 - the thread has to stay
                _log.exception("happenings could not be passed on")
