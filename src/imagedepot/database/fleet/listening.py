"""Hears of changes at once, where the database can tell; looks every second in any case.

A pooler in between, or a database that is away, costs that second. A notice says no more than who sends it: rows
are the truth. It is sent after the transaction that it is about, because the database holds up every commit for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import text

from imagedepot.database.backends.driver import connect, psycopg
from imagedepot.database.connection import Database
from imagedepot.database.fleet.changes import ChangeFeed
from imagedepot.errors import DepotError, StorageFailure
from imagedepot.model.names.postgres_address import PostgresAddress

_CHANNEL = "imagedepot"
_LOOK_SECONDS = 1.0
_NOTIFY = text(f"SELECT pg_notify('{_CHANNEL}', :node)")
_log = logging.getLogger(__name__)


class Listening:
    """Call `start` once, `close` at the end. `looked` is called after each look."""

    def __init__(self, database: Database, address: PostgresAddress, feed: ChangeFeed) -> None:
        self._database = database
        self._address = address
        self._feed = feed
        self.looked: Callable[[], None] = lambda: None
        self._closing = threading.Event()
        self._changed = threading.Event()
        self._teller = threading.Thread(target=self._tell, name="fleet-tell", daemon=True)
        self._hearer = threading.Thread(target=self._hear, name="fleet-hear", daemon=True)
        database.after_change = self._changed.set

    def start(self) -> None:
        self._teller.start()
        self._hearer.start()

    def close(self) -> None:
        self._closing.set()
        self._changed.set()
        for thread in (self._teller, self._hearer):
            if thread.is_alive():
                thread.join(2.0)

    def _tell(self) -> None:
        """One notice for whatever has changed meanwhile."""
        while True:
            self._changed.wait()
            if self._closing.is_set():
                return
            self._changed.clear()
            with suppress(StorageFailure), self._database.session() as session:
                session.execute(_NOTIFY, {"node": self._database.node})

    def _hear(self) -> None:
        line: Any = None
        while not self._closing.is_set():
            try:
                if line is None:
                    line = connect(self._address)
                    line.autocommit = True
                    line.execute(f"LISTEN {_CHANNEL}")
                self._wait(line)
            except (psycopg().Error, DepotError):
                _close(line)
                line = None
                self._closing.wait(_LOOK_SECONDS)
            try:
                self._feed.poll()
                self.looked()
            except Exception:  # noqa: BLE001 - the thread has to stay
                _log.exception("changes of other nodes could not be looked for")
                self._closing.wait(_LOOK_SECONDS)
        _close(line)

    def _wait(self, line: Any) -> None:
        """Until another node has changed something, or a second is over."""
        until = time.monotonic() + _LOOK_SECONDS
        while (left := until - time.monotonic()) > 0:
            if any(each.payload != self._database.node for each in line.notifies(timeout=left, stop_after=1)):
                return


def _close(line: Any) -> None:
    if line is not None:
        with suppress(Exception):
            line.close()
