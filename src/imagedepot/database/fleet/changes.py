"""Which rows others have changed: each node keeps rows in memory, and loads those again that a change names.

A change is a row, written in the transaction that it tells of. It is read by the number of that transaction: whatever
was at work when a node looked last is looked at again, so none is missed that commits late.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from sqlalchemy import text

from imagedepot.database.connection import Database
from imagedepot.database.fleet.clock import NOW
from imagedepot.errors import DepotError, StorageFailure

EVERYTHING = ""
_KEPT_SECONDS = 3600
_LONGEST_PAUSE = _KEPT_SECONDS / 2
_LOOK = text(
    "WITH now AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS begin) "
    "SELECT now.begin, changes.id, changes.topic, changes.key FROM now "
    "LEFT JOIN changes ON changes.writer >= :since AND changes.node <> :node"
)
_TIDY = text(f"DELETE FROM changes WHERE time < {NOW} - interval '{_KEPT_SECONDS} seconds'")  # noqa: S608 - our own text
_log = logging.getLogger(__name__)
Reload = Callable[[Collection[str]], None]


class ChangeFeed:
    """What others have changed since this was made. Whoever keeps rows in memory says `on` how to load them again."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._reloads: dict[str, list[Reload]] = {}
        self._pending: dict[str, set[str]] = {}
        self._seen: set[int] = set()
        self._is_away = False
        self._begun = -1.0
        self._since = 0
        self._look()
        self._pending = {}

    def on(self, topic: str, reload: Reload) -> None:
        """`reload` is called with the keys that changed; `EVERYTHING` among them means all. It may be called again."""
        self._reloads.setdefault(topic, []).append(reload)

    def catch_up(self, asked: float | None = None) -> None:
        """What was committed before `asked` (now, by the clock) is loaded when it returns, unless the database is away.
        One look serves all who asked before it began."""
        asked = self._clock() if asked is None else asked
        if self._is_away:
            return
        with self._lock:
            if self._begun < asked:
                self._catch_up()

    def poll(self) -> None:
        """The same, also while the database seems to be away."""
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        begun = self._clock()
        try:
            self._look()
        except StorageFailure as error:
            if not self._is_away:
                _log.warning("what other nodes change is not known at the moment: %s", error)
            self._is_away = True
            return
        if self._is_away:
            _log.info("what other nodes change is known again")
        self._is_away = False
        self._load()
        self._begun = begun

    def be_current(self) -> None:
        """Like `catch_up`, for those who would do harm with less. Raises `StorageFailure` where it cannot be."""
        with self._lock:
            self._look()
            self._load()
            if self._pending:
                raise StorageFailure(f"What other nodes changed cannot be loaded now: {', '.join(self._pending)}")

    def tidy(self) -> None:
        """Forget changes that every node has seen. Raises `StorageFailure`."""
        with self._database.session() as session:
            session.execute(_TIDY)

    def _look(self) -> None:
        now = self._clock()
        with self._database.session() as session:
            rows = session.execute(_LOOK, {"since": self._since, "node": self._database.node}).all()
        if self._begun >= 0 and now - self._begun > _LONGEST_PAUSE:  # some of it may have been forgotten
            for topic in self._reloads:
                self._pending.setdefault(topic, set()).add(EVERYTHING)
        seen = set()
        for _, id_, topic, key in rows:
            if id_ is not None:
                seen.add(id_)
                if id_ not in self._seen:
                    self._pending.setdefault(topic, set()).add(key)
        self._seen, self._since = seen, rows[0][0]

    def _load(self) -> None:
        """What cannot be loaded now is loaded with the next look."""
        for topic, keys in list(self._pending.items()):
            try:
                for reload in self._reloads.get(topic, ()):
                    reload(frozenset(keys))
            except DepotError as error:
                _log.warning("%s of other nodes cannot be loaded yet: %s", topic, error)
            else:
                del self._pending[topic]
