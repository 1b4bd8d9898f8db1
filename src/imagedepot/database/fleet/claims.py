"""What one node holds at a time: a blob on its way, an upload of a client, a duty for the fleet.

A claim is a row with an end, which its node puts off as long as it lives; by the database's clock, so that no other one
counts. What a dead node held, the next one that asks is given.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import text

from imagedepot.database.connection import Database
from imagedepot.database.fleet.clock import BEAT_SECONDS, NOW, UNTIL
from imagedepot.errors import StorageFailure

_TAKE = text(
    f"INSERT INTO claims (key, node, until, bytes) VALUES (:key, :node, {UNTIL}, 0) "  # noqa: S608 - our own text
    "ON CONFLICT (key) DO UPDATE SET node = excluded.node, until = excluded.until, bytes = 0, size = NULL "
    f"WHERE claims.node = excluded.node OR claims.until < {NOW} RETURNING key"
)
_RENEW = text(
    f"UPDATE claims SET until = {UNTIL}, bytes = :bytes, size = :size WHERE key = :key AND node = :node"  # noqa: S608
)
_RELEASE = text("DELETE FROM claims WHERE key = :key AND node = :node")
_LEAVE = text("DELETE FROM claims WHERE node = :node")
_LOOK = text(f"SELECT node, bytes, size FROM claims WHERE key = :key AND until >= {NOW}")  # noqa: S608
_log = logging.getLogger(__name__)


class Held(Protocol):
    """How far the work is for which something is held."""

    bytes: int
    size: int | None


@dataclass(slots=True)
class Holder:
    """Who holds it, and how far the work is."""

    node: str
    bytes: int = 0
    size: int | None = None


class Claims:
    """Those of this node. Safe to call from many threads, for one at a time with each key. Call `close` at the
    end."""

    def __init__(self, database: Database, beat: float = BEAT_SECONDS) -> None:
        self._database = database
        self._beat = beat
        self._lock = threading.Lock()
        self._held: dict[str, Held] = {}
        self._beats: list[Callable[[], None]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="fleet-claims", daemon=True)

    def close(self) -> None:
        """Give everything back, for others to go on with at once."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        with suppress(StorageFailure), self._database.session() as session:
            session.execute(_LEAVE, {"node": self._database.node})

    def on_beat(self, work: Callable[[], None]) -> None:
        """Call this with every renewal."""
        self._beats.append(work)
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def take(self, key: str, work: Held | None = None) -> bool:
        """Hold it from now on, if no living node does; whether it is held. `work` is what others are shown."""
        with self._database.session() as session:
            is_mine = session.execute(_TAKE, {"key": key, "node": self._database.node}).first() is not None
        if is_mine:
            with self._lock:
                self._held[key] = work or Holder("")
                if self._thread.ident is None:
                    self._thread.start()
        return is_mine

    def release(self, key: str) -> None:
        """What cannot be given back now ends by itself."""
        with self._lock:
            self._held.pop(key, None)
        with suppress(StorageFailure), self._database.session() as session:
            session.execute(_RELEASE, {"key": key, "node": self._database.node})

    def holder(self, key: str) -> Holder | None:
        """The living node that holds it."""
        with self._database.session() as session:
            row = session.execute(_LOOK, {"key": key}).first()
        return Holder(*row) if row is not None else None

    def renew(self, keys: Iterable[str] | None = None) -> None:
        """Raises `StorageFailure`."""
        with self._lock:
            held = {key: self._held[key] for key in (keys if keys is not None else list(self._held))}
        if held:
            mine = [
                {"key": key, "node": self._database.node, "bytes": work.bytes, "size": work.size}
                for key, work in sorted(held.items())
            ]
            with self._database.session() as session:
                session.execute(_RENEW, mine)

    def _renew(self) -> None:
        while not self._closing.wait(self._beat):
            for work in (self.renew, *self._beats):
                try:
                    work()
                except StorageFailure as error:
                    _log.warning("what this node holds could not be renewed: %s", error)
                except Exception:  # noqa: BLE001 - the thread has to stay
                    _log.exception("what this node holds could not be renewed")
