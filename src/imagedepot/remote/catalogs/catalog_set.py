"""The catalog set: each catalog starts, is refreshed and fails on its own.

A catalog that is due is refreshed when its rows are wanted, or by regular calls of `ask_due`. A caller waits at most
`patience` seconds after a refresh began. The merged rows are one immutable value, replaced as a whole.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, UpstreamNotFound
from imagedepot.remote.catalogs import streams
from imagedepot.remote.catalogs.cache import CatalogCache
from imagedepot.remote.catalogs.collection import Collection, Known
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.source import BUILTIN, BuiltIn, Clock, LocalFile, Origin, Remote, Source, State
from imagedepot.remote.http.backoff import PAUSES
from imagedepot.remote.http.transport import Transport

IMAGE_SERVER = "https://images.linuxcontainers.org"
_LONGEST_REFRESH = 60.0
_FIRST_TIME = 3  # factor of the patience with a catalog that has no rows yet
_log = logging.getLogger(__name__)


class _Flight:
    """One refresh under way."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.done = threading.Event()


class CatalogSet:
    """All catalogs. `addresses`: those of the setting; `image_server`: has the files of LXC entries without any."""

    def __init__(
        self,
        transport: Transport,
        folder: Path,
        addresses: Sequence[str],
        image_server: str = IMAGE_SERVER,
        patience: float = 3.0,
        clock: Clock = lambda: datetime.now(UTC),
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._transport = transport
        self._pauses = pauses
        self._kept = CatalogCache(folder)
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Collection], None]] = []
        self._flights: dict[Source, _Flight] = {}
        self._tried: dict[str, Source] = {}
        self._closing = Cancellation()
        server = Remote(transport, image_server, self._kept, clock, pauses)
        self._server = Source(image_server, server, lambda: None, clock)
        self._sources: tuple[Source, ...] = ()
        self._now = Collection(())
        self.put(addresses)

    def now(self) -> Collection:
        """The merged rows, without a request; the first call reads the cache on disk."""
        for source in self._sources:
            source.begin()
        return self._now

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._sources

    def put(self, addresses: Sequence[str]) -> None:
        """Replace the catalogs; those that stay keep their rows."""
        with self._lock:
            before = {source.address: source for source in self._sources}
            tried, self._tried = self._tried, {}
            here = {**tried, **before}
            self._sources = tuple(here.get(each) or self.source(each) for each in dict.fromkeys(addresses))
            gone = before.keys() - set(addresses)
        self._changed()
        if gone:
            self.tidy()

    def tidy(self) -> None:
        """Delete cached copies of removed catalogs."""
        self._kept.keep_only([self._server.address, *(source.address for source in self._sources)])

    def try_out(self, address: str) -> State:
        """Fetch a catalog that may be added; if `put` adds it next, its rows are there at once."""
        source = self.source(address)
        state = source.refresh(self._closing)
        self._tried = {address: source} if state.error is None else {}
        return state

    def source(self, address: str) -> Source:
        """A new source, which has not been asked yet."""
        origin: Origin
        if address == BUILTIN:
            origin = BuiltIn(self._clock)
        elif "://" in address:
            origin = Remote(self._transport, address, self._kept, self._clock, self._pauses)
        else:
            origin = LocalFile(Path(address), self._clock)
        return Source(address, origin, self._changed, self._clock)

    def listen(self, listener: Callable[[Collection], None]) -> None:
        """Call `listener` with the merged rows now, and after each change."""
        self._listeners.append(listener)
        listener(self._now)

    def complete(self) -> Collection:
        """The merged rows, once every catalog that is due has answered or its time is over."""
        self.now()
        flights = [(source, self._ask_if_due(source)) for source in self._sources]
        for source, flight in flights:
            if flight is None:
                continue
            patience = self._patience if source.state.fetched else self._patience * _FIRST_TIME
            flight.done.wait(max(0.0, flight.since + patience - time.monotonic()))
        return self._now

    @property
    def stale(self) -> bool:
        """Whether some rows are older than they should be."""
        return any(each.state.fetched and (each.state.error or each.is_due()) for each in self._sources)

    def refresh(self) -> None:
        """Refresh all side by side; returns when each has answered, failed, or taken too long."""
        deadline = time.monotonic() + _LONGEST_REFRESH
        for flight in [self._ask(each) for each in self._sources]:
            flight.done.wait(max(0.0, deadline - time.monotonic()))

    def ask_due(self) -> None:
        """Start to refresh those that are due, without waiting."""
        for source in self._sources:
            self._ask_if_due(source)

    def listed(self, name: str) -> Sequence[Known]:
        """The entries of an LXC image, by name or alias: one for each architecture.

        Waits only when no cached catalog has it. Raises `UpstreamNotFound`.
        """
        found = self.now().lxc(name) or self.complete().lxc(name)
        if not found:
            raise UpstreamNotFound(f"No catalog has an LXC image {name}")
        return found

    def pin(self, known: Known, cancellation: Cancellation) -> Known:
        """The LXC image with its newest files, since image servers delete old versions.

        Raises `UpstreamNotFound`, the image server's error when it never answered, `Cancelled`.
        """
        entry = known.entry
        if entry.files is None:
            state = self._freshen(self._server, cancellation)
            if state.fetched is None and state.error is not None:
                raise state.error
        else:
            server = next((each for each in self._sources if each.address == known.catalog), None)
            if server is None or server.state.parsed.format != streams.FORMAT:
                return known
            state = self._freshen(server, cancellation)
        for each in state.parsed.entries:
            if each.architecture == entry.architecture and entry.name in (each.name, *each.aliases):
                return Known(replace(entry, files=each.files), state.given_by, state.address)
        if entry.files is not None:
            return known
        raise UpstreamNotFound(f"{self._server.address} has no {entry.name} for {entry.architecture}")

    def close(self) -> None:
        """End every request that is under way."""
        self._closing.cancel()

    def _freshen(self, source: Source, cancellation: Cancellation) -> State:
        source.begin()
        return source.state if source.is_fresh() else source.refresh(cancellation, source.is_fresh)

    def _ask_if_due(self, source: Source) -> _Flight | None:
        """Start a refresh if it is due, in one step: otherwise two callers might both start one."""
        with self._lock:
            return self._flight(source) if source.is_due() else None

    def _ask(self, source: Source) -> _Flight:
        with self._lock:
            return self._flight(source)

    def _flight(self, source: Source) -> _Flight:
        """Start a refresh in a thread of its own, unless one is under way. Call it under the lock."""
        flight = self._flights.get(source)
        if flight is None:
            flight = self._flights[source] = _Flight()
            threading.Thread(target=self._fly, args=(source, flight), name="catalog", daemon=True).start()
        return flight

    def _fly(self, source: Source, flight: _Flight) -> None:
        before = source.state.parsed
        try:
            self._tell(source.refresh(self._closing), before)
        except Cancelled:
            pass
        except Exception:  # noqa: BLE001 - a thread that dies silently would never be noticed
            _log.exception("the catalog %s broke", source.address)
        finally:
            with self._lock:
                del self._flights[source]
            flight.done.set()

    def _tell(self, state: State, before: Parsed) -> None:
        parsed = state.parsed
        if state.error is not None:
            _log.warning("the catalog %s could not be refreshed: %s", state.address, state.error)
        elif parsed is not before:
            figures = (len(parsed.entries), parsed.skipped, parsed.left_out)
            _log.info("the catalog %s (%s): %d rows, %d skipped, %d left out", state.address, parsed.format, *figures)

    def _changed(self) -> None:
        with self._lock:
            self._now = Collection(source.state for source in self._sources)
            now = self._now
        for listener in self._listeners:
            listener(now)
