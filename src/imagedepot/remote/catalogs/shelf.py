"""All catalogs side by side: each begins, is refreshed and fails on its own.

Nobody waits longer for a catalog that does not answer than `patience` seconds after it was first asked, and only who
wants its rows. `now` is one immutable value, replaced as a whole.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, UpstreamNotFound
from imagedepot.remote.catalogs import streams
from imagedepot.remote.catalogs.collection import Collection, Known
from imagedepot.remote.catalogs.kept import Kept
from imagedepot.remote.catalogs.source import BUILTIN, BuiltIn, LocalFile, Remote, Source, State
from imagedepot.remote.transport import Transport

IMAGE_SERVER = "https://images.linuxcontainers.org"
LIFETIME = timedelta(hours=6)
RETRY = timedelta(minutes=10)
FRESH = timedelta(hours=1)  # image servers throw old versions away after some days
_log = logging.getLogger(__name__)


class Shelf:
    """`addresses` as the setting has them; `image_server` is where LXC images of catalogs without files are found."""

    def __init__(
        self,
        transport: Transport,
        folder: Path,
        addresses: Sequence[str],
        image_server: str = IMAGE_SERVER,
        patience: float = 5.0,
    ) -> None:
        self._transport = transport
        self._kept = Kept(folder)
        self._patience = patience
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Collection], None]] = []
        self._asked: dict[str, float] = {}
        self._tried: dict[str, Source] = {}
        self._closing = Cancellation()
        self._server = Source(image_server, Remote(transport, image_server, self._kept), lambda: None)
        self._sources: tuple[Source, ...] = ()
        self._now = Collection(())
        self.put(addresses)

    def now(self) -> Collection:
        """What there is without asking anybody: the first call reads what is on disk."""
        for source in self._sources:
            source.begin(LIFETIME)
        return self._now

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._sources

    def put(self, addresses: Sequence[str]) -> None:
        """These are the catalogs from now on; those that stay keep what they have."""
        with self._lock:
            before = {source.address: source for source in self._sources}
            tried, self._tried = self._tried, {}
            here = {**tried, **before}
            self._sources = tuple(here.get(each) or self.source(each) for each in dict.fromkeys(addresses))
            gone = before.keys() - set(addresses)
        for address in gone:
            self._asked.pop(address, None)
        self._changed()
        if gone:
            self.tidy()

    def tidy(self) -> None:
        """Forget what is kept of catalogs that are none any more."""
        self._kept.keep_only([self._server.address, *(source.address for source in self._sources)])

    def try_out(self, address: str) -> State:
        """Ask one that may become a catalog; if it is put next, what it has is there at once."""
        source = self.source(address)
        state = source.refresh(self._closing)
        self._tried = {address: source} if state.error is None else {}
        return state

    def source(self, address: str) -> Source:
        """A new one, which nobody has asked yet."""
        if address == BUILTIN:
            return Source(address, BuiltIn(), self._changed)
        if "://" in address:
            return Source(address, Remote(self._transport, address, self._kept), self._changed)
        return Source(address, LocalFile(Path(address)), self._changed)

    def listen(self, listener: Callable[[Collection], None]) -> None:
        """Called with what there is now, and after each change."""
        self._listeners.append(listener)
        listener(self._now)

    def complete(self) -> Collection:
        """What there is once every catalog has been heard, or has had its time."""
        self.now()
        sources = self._sources
        for source in sources:
            if not source.settled.is_set() and source.address not in self._asked:
                self._asked[source.address] = time.monotonic()
                self._start([source], source.settled.is_set)
        for source in sources:
            asked = self._asked.get(source.address)
            if asked is not None:
                source.settled.wait(max(0.0, asked + self._patience - time.monotonic()))
        return self._now

    def refresh(self, sources: Iterable[Source] | None = None) -> None:
        """Ask them (all) for what is new, at the same time; returns when the last one has answered or failed."""
        for thread in self._start(self._sources if sources is None else sources):
            thread.join()

    def due(self, now: datetime) -> list[Source]:
        """Whose turn it is: after the lifetime, and sooner after a failure."""
        found = []
        for source in self._sources:
            wait = RETRY if source.state.error else LIFETIME
            if source.attempted is None or now - source.attempted >= wait:
                found.append(source)
        return found

    def listed(self, name: str) -> Sequence[Known]:
        """What the catalogs say of an LXC image, by name or alias; one for each architecture.

        Waits only when no catalog that is here has it. Raises `UpstreamNotFound`.
        """
        found = self.now().lxc(name) or self.complete().lxc(name)
        if not found:
            raise UpstreamNotFound(f"No catalog has an LXC image {name}")
        return found

    def pin(self, known: Known, cancellation: Cancellation) -> Known:
        """The same LXC image with its files, as fresh as can be: image servers throw old versions away.

        Raises `UpstreamNotFound`, what the image server gave when it was never heard, `Cancelled`.
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
                return Known(replace(entry, files=each.files), state.namer, state.address)
        if entry.files is not None:
            return known
        raise UpstreamNotFound(f"{self._server.address} has no {entry.name} for {entry.architecture}")

    def close(self) -> None:
        """End every request that is under way."""
        self._closing.cancel()

    def _freshen(self, source: Source, cancellation: Cancellation) -> State:
        def is_fresh() -> bool:
            fetched = source.state.fetched
            return fetched is not None and datetime.now(UTC) - fetched < FRESH

        source.begin()
        return source.state if is_fresh() else source.refresh(cancellation, is_fresh)

    def _start(self, sources: Iterable[Source], unless: Callable[[], bool] = lambda: False) -> list[threading.Thread]:
        threads = []
        for source in sources:
            thread = threading.Thread(target=self._refresh, args=(source, unless), name="catalog", daemon=True)
            thread.start()
            threads.append(thread)
        return threads

    def _refresh(self, source: Source, unless: Callable[[], bool]) -> None:
        try:
            before = source.state.parsed
            state = source.refresh(self._closing, unless)
        except Cancelled:
            return
        except Exception:  # noqa: BLE001 - a thread that dies silently would never be noticed
            _log.exception("the catalog %s broke", source.address)
            source.settled.set()
            return
        if state.error is not None:
            _log.warning("the catalog %s could not be refreshed: %s", source.address, state.error)
        elif state.parsed is not before:
            told = state.parsed
            _log.info(
                "the catalog %s (%s): %d rows, %d skipped, %d left out",
                *(source.address, told.format, len(told.entries), told.skipped, told.left_out),
            )

    def _changed(self) -> None:
        with self._lock:
            self._now = Collection(source.state for source in self._sources)
            now = self._now
        for listener in self._listeners:
            listener(now)
