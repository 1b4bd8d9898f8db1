"""What no node's clean-up may delete just now, as rows: a lease of one node holds off the clean-ups of all.

Who leases takes a lock that others share, for one statement; who deletes takes it alone, for one batch. So a lease
either is seen by the clean-up, or begins after it and finds what is gone to be gone. Rows end by the database's clock,
ten minutes after the last word of their node.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy import text
from sqlalchemy.orm import Session

from imagedepot.database.connection import Database
from imagedepot.database.fleet.clock import NOW
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.protocols.blobs import Lease

_LASTS_SECONDS = 600
_RENEWED_SECONDS = 60.0
_LEASING, _SWEEPING = 0x696D6167654C4541, 0x696D616765537765
"""Advisory locks, of a transaction each: "imageLEA" and "imageSwe"."""
_PARTIAL = "partial:"
_UNTIL = f"({NOW} + interval '{_LASTS_SECONDS} seconds')"
_ADD = text(
    f"INSERT INTO leases (lease, key, node, until) VALUES (:lease, :key, :node, {_UNTIL}) "  # noqa: S608 - our own text
    "ON CONFLICT (lease, key) DO NOTHING"
)
_END = text("DELETE FROM leases WHERE lease = :lease")
_LEAVE = text(f"DELETE FROM leases WHERE node = :node OR until < {NOW}")  # noqa: S608
_RENEW = text(f"UPDATE leases SET until = {_UNTIL} WHERE node = :node")  # noqa: S608
_LIVE = text(f"SELECT DISTINCT key FROM leases WHERE until >= {NOW}")  # noqa: S608


class LocalLeases(Protocol):
    """Those of this process alone, `content.leases.Leases`."""

    def lease(self) -> Lease: ...

    def leased(self) -> frozenset[Digest]: ...


class RowLeases:
    """As `content.leases.Leases`, for all nodes. `catch_up` loads what other nodes have named, or raises
    `StorageFailure`; `pinned` is called with what this node leases, before anything looks for it."""

    def __init__(self, database: Database, local: LocalLeases, catch_up: Callable[[], None]) -> None:
        self._database = database
        self._catch_up = catch_up
        self.pinned: Callable[[Iterable[Digest]], None] = lambda _: None
        self._local = local
        self._sweeping = threading.Lock()
        self._renewed = time.monotonic()

    def lease(self, reading: bool = False) -> Lease:
        """`reading`: what is read is here already, and is named by others; nothing is written for it."""
        return self._local.lease() if reading else RowLease(self)

    def leased(self) -> frozenset[Digest]:
        return self._read()[0]

    def leased_keys(self) -> frozenset[str]:
        return self._read()[1]

    @contextmanager
    def no_new_leases(self) -> Iterator[tuple[frozenset[Digest], frozenset[str]]]:
        """(digests, keys of partial blobs) that any node leases. No lease begins inside, at any node.

        Leases are read before what they led to is loaded: what is leased no more has been named by then.
        """
        with self._database.session() as session:
            session.execute(text(f"SELECT pg_advisory_xact_lock({_LEASING})"))
            found = self._live(session)
            self._catch_up()
            yield found

    @contextmanager
    def sweeping(self) -> Iterator[bool]:
        """One clean-up of all nodes at a time; False: another node is at it."""
        with self._sweeping, self._database.session() as session:
            is_mine = session.execute(text(f"SELECT pg_try_advisory_xact_lock({_SWEEPING})")).scalar_one()
            yield bool(is_mine)

    def renew(self) -> None:
        """Call it every few seconds. Raises `StorageFailure`."""
        if time.monotonic() - self._renewed >= _RENEWED_SECONDS:
            with self._database.session() as session:
                session.execute(_RENEW, {"node": self._database.node})
            self._renewed = time.monotonic()

    def close(self) -> None:
        """Give back what is left of this node, and what nodes left that are gone."""
        with suppress(StorageFailure), self._database.session() as session:
            session.execute(_LEAVE, {"node": self._database.node})

    def add(self, lease: str, digests: Iterable[Digest], keys: Iterable[str] = ()) -> None:
        """Raises `StorageFailure`."""
        mine = [*map(str, digests), *(f"{_PARTIAL}{key}" for key in keys)]
        rows = [{"lease": lease, "key": key, "node": self._database.node} for key in sorted(set(mine))]
        if rows:
            with self._database.session() as session:
                session.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LEASING})"))
                session.execute(_ADD, rows)

    def end(self, lease: str) -> None:
        """What cannot be given back now ends by itself."""
        with suppress(StorageFailure), self._database.session() as session:
            session.execute(_END, {"lease": lease})

    def _read(self) -> tuple[frozenset[Digest], frozenset[str]]:
        with self._database.session() as session:
            return self._live(session)

    def _live(self, session: Session) -> tuple[frozenset[Digest], frozenset[str]]:
        texts = [str(key) for (key,) in session.execute(_LIVE)]
        keys = {key.removeprefix(_PARTIAL) for key in texts if key.startswith(_PARTIAL)}
        digests = {digest for key in texts if (digest := Digest.try_parse(key)) is not None} | self._local.leased()
        return frozenset(digests), frozenset([*keys, *(digest.key for digest in digests)])


class RowLease:
    """Digests that no node cleans up until the `with` block ends."""

    def __init__(self, leases: RowLeases) -> None:
        self._leases = leases
        self._id = secrets.token_hex(16)
        self._held: set[Digest | str] = set()

    def pin_partial(self, key: str) -> None:
        if key not in self._held:
            self._leases.add(self._id, (), [key])
            self._held.add(key)

    def pin(self, digests: Iterable[Digest]) -> None:
        new = [digest for digest in dict.fromkeys(digests) if digest not in self._held]
        if new:
            self._leases.add(self._id, new)
            self._held.update(new)
            self._leases.pinned(new)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._held:
            self._leases.end(self._id)
            self._held = set()
