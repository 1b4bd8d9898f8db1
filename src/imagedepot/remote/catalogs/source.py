"""One catalog: its origin, its entries now, and its last error.

Three kinds: `builtin`, a file on this host, a URL. The entries are replaced as a whole; a refresh that fails only sets
the error, so the last rows stay.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import DepotError, InvalidAnswer, TooLarge, Unavailable
from imagedepot.remote.catalogs import documents
from imagedepot.remote.catalogs.cache import CatalogCache
from imagedepot.remote.catalogs.documents import Fetched
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.recognise import parse_catalog
from imagedepot.remote.http.address import OWNER, AddressSource
from imagedepot.remote.http.backoff import PAUSES
from imagedepot.remote.http.transport import Transport

BUILTIN = "builtin"
_LARGEST_FILE = 16 << 20
LIFETIME = timedelta(hours=6)
RETRY = timedelta(minutes=10)
FRESH = timedelta(hours=1)  # image servers delete old versions after some days
NOTHING = Parsed("", ())
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class State:
    """`parsed`: the entries; `fetched`: when the upstream last confirmed them; `error`: why there is nothing newer."""

    address: str
    parsed: Parsed = NOTHING
    given_by: AddressSource = OWNER
    fetched: datetime | None = None
    error: DepotError | None = None


class Origin(Protocol):
    """Gets the bytes of a catalog."""

    def begin(self) -> State | None:
        """The entries that need no request; None without any."""

    def fetch(self, before: State, cancellation: Cancellation) -> State:
        """The entries now; `parsed` is the same object when nothing changed. Raises a `DepotError`."""


class Source:
    """A catalog. `changed` is called after each change of its entries. Safe for many threads, one refresh at a time."""

    def __init__(self, address: str, origin: Origin, changed: Callable[[], None], clock: Clock) -> None:
        self.address = address
        self.state = State(address)
        self._origin = origin
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = False
        self._due: datetime | None = None  # None: at once

    def begin(self) -> None:
        """Load the entries that need no request; only the first call does anything."""
        if self._begun:
            return
        with self._lock:
            if not self._begun:
                state = self._origin.begin()
                if state is not None:
                    self._put(state)
                    self._due = state.fetched and state.fetched + LIFETIME
                self._begun = True

    def is_due(self) -> bool:
        """Whether it is time for a refresh: never for the built-in catalog, sooner after a failure.

        True until the new entries are published: otherwise a caller would neither wait for them nor get them.
        """
        return not isinstance(self._origin, BuiltIn) and (self._due is None or self._clock() >= self._due)

    def is_fresh(self) -> bool:
        fetched = self.state.fetched
        return fetched is not None and self._clock() - fetched < FRESH

    def refresh(self, cancellation: Cancellation, unless: Callable[[], bool] = lambda: False) -> State:
        """Refresh, `unless` that is no longer needed when it is our turn.

        Raises only `Cancelled`, and `TimedOut` at the caller's deadline.
        """
        self.begin()
        with cancellation.acquired(self._lock):
            if unless():
                return self.state
            try:
                state = self._origin.fetch(self.state, cancellation)
            except DepotError as error:
                cancellation.check()
                if cancellation.seconds_left <= 0:
                    raise  # the caller's time is over; others may have more
                state = replace(self.state, error=error)
            self._put(state)
            self._due = self._clock() + (LIFETIME if state.error is None else RETRY)
            return state

    def _put(self, state: State) -> None:
        before, self.state = self.state, state
        if state.parsed is not before.parsed or state.given_by != before.given_by:
            self._changed()


class BuiltIn:
    """The catalog in this package."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def begin(self) -> State:
        raw = Path(__file__).with_name("builtin.json").read_bytes()
        return State(BUILTIN, parse_catalog(raw), OWNER, self._clock())

    def fetch(self, before: State, cancellation: Cancellation) -> State:
        return replace(before, fetched=self._clock())


class LocalFile:
    """A file that an administrator named. Its content is never repeated unless it is a catalog."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None

    def begin(self) -> State:
        before = State(str(self._path))
        try:
            return self.fetch(before, Cancellation())
        except DepotError as error:
            return replace(before, error=error)

    def fetch(self, before: State, cancellation: Cancellation) -> State:
        try:
            # A named pipe would block until it has a writer.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                about = os.fstat(descriptor)
                if not stat.S_ISREG(about.st_mode):
                    raise InvalidAnswer(f"{self._path} is not a file")
                seen = (about.st_ino, about.st_mtime_ns, about.st_size)
                if seen == self._seen:
                    return replace(before, fetched=self._clock(), error=None)
                raw = file.read(_LARGEST_FILE + 1)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}") from error
        if len(raw) > _LARGEST_FILE:
            raise TooLarge(f"{self._path} has more than the {_LARGEST_FILE:,} bytes that a catalog may have")
        parsed = parse_catalog(raw)
        self._seen = seen
        return State(before.address, parsed, OWNER, self._clock())


class Remote:
    """A URL: of a document, or the base of an image server."""

    def __init__(
        self,
        transport: Transport,
        address: str,
        kept: CatalogCache,
        clock: Clock,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._transport = transport
        self._pauses = pauses
        self._clock = clock
        self._address = address
        self._kept = kept

    def begin(self) -> State | None:
        kept = self._kept.read(self._address)
        if kept is None:
            return None
        try:
            # A copy from the future, saved while the clock was wrong, would never be due.
            return State(self._address, kept[0].parse(), kept[0].given_by, min(kept[1], self._clock()))
        except InvalidAnswer:  # from an earlier release that understood more
            return None

    def fetch(self, before: State, cancellation: Cancellation) -> State:
        kept = self._kept.read(self._address) if before.fetched else None
        here = kept[0] if kept else None
        fetched = documents.fetch(self._transport, self._address, here, cancellation, self._pauses)
        now = self._clock()
        if _same(fetched, here):
            state = State(self._address, before.parsed, fetched.given_by, now)
        else:
            state = State(self._address, fetched.parse(), fetched.given_by, now)
        self._kept.write(self._address, fetched, now)
        return state


def _same(fetched: Fetched, here: Fetched | None) -> bool:
    if here is None or len(fetched.documents) != len(here.documents):
        return False
    return all(one.body == other.body for one, other in zip(fetched.documents, here.documents, strict=True))


def title_of(state: State) -> str:
    """The name of a catalog: its own title, else its host or file."""
    if state.parsed.title:
        return state.parsed.title
    if "://" in state.address:
        return urlsplit(state.address).netloc
    return Path(state.address).name
