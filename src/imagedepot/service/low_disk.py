"""Watches the free space of the data folder's disk, and reports once when it falls below a limit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import Space

LOOK_SECONDS = 60.0
_log = logging.getLogger(__name__)


class DiskWatch:
    """`limit` is asked for at each look; 0 for never. `tell` gets the free bytes and the limit.

    Sent once, and again only after a tenth more than the limit was free: a disk about the limit is one piece of news.
    """

    def __init__(self, space: Callable[[], Space], limit: Callable[[], int], tell: Callable[[int, int], None]) -> None:
        self._space = space
        self._limit = limit
        self._tell = tell
        self._told = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="disk-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def look(self) -> None:
        """Look at the disk once, and tell if it is time to."""
        limit = self._limit()
        try:
            free = self._space().free
        except StorageFailure as error:
            _log.warning("%s", error)
            return
        if free >= limit + limit // 10:
            self._told = False
        elif free < limit and not self._told:
            self._told = True
            self._tell(free, limit)

    def _watch(self) -> None:
        while True:
            self.look()
            if self._closing.wait(LOOK_SECONDS):
                return
