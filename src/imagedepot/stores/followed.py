"""A list that others change too: kept fresh by a daemon's events, and absent while the daemon is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from imagedepot.errors import DepotError, ImageNotFound
from imagedepot.model.image import InstalledImage

_RECONNECT_SECONDS = 2.0


class FollowedImages:
    """`read` asks the daemon for its list; `events` yields once when connected, then after each change.

    While the daemon is away there is no snapshot, so that nobody is shown an old one; it comes back by itself.
    """

    def __init__(
        self, read: Callable[[], tuple[InstalledImage, ...]], events: Callable[[], Iterator[None]], name: str
    ) -> None:
        self._read = read
        self._events = events
        self._snapshot: tuple[InstalledImage, ...] | None = None
        self._reading = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once, whether the daemon is there or not."""
        self._thread.start()

    def close(self) -> None:
        """Stop following; whoever owns the daemon's connection ends it, and then may `join`."""
        self._closed.set()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(_RECONNECT_SECONDS)

    def current(self) -> Sequence[InstalledImage]:
        """The snapshot; asked for when there is none. Raises `StoreUnavailable`."""
        return self._snapshot if self._snapshot is not None else self.refresh()

    def find(self, name: str, tag: str) -> InstalledImage:
        """Raises `ImageNotFound`, `StoreUnavailable`."""
        for each in self.current():
            if each.name == name and each.tag == tag:
                return each
        raise ImageNotFound(f"{name}:{tag}")

    def refresh(self) -> tuple[InstalledImage, ...]:
        with self._reading:
            rows = self._read()
            unchanged = rows == self._snapshot
            if not unchanged:
                self._snapshot = rows
        if not unchanged:
            self._tell()
        return rows

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[None]:
        self._watchers.append(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)

    def _tell(self) -> None:
        for changed in list(self._watchers):
            changed()

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                for _ in self._events():
                    if self._closed.is_set():
                        return
                    self.refresh()
            except DepotError:
                pass  # away, or the stream has ended: the look below tells which
            if not self._closed.is_set():
                self._look_once()
                self._closed.wait(_RECONNECT_SECONDS)

    def _look_once(self) -> None:
        try:
            self.refresh()
        except DepotError:
            if self._snapshot is not None:
                self._snapshot = None
                self._tell()
