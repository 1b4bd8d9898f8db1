"""A daemon's list of images, kept fresh by its events, and absent while it is away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing

from imagedepot.content.watchers import Watchers
from imagedepot.errors import DepotError, ImageNotFound, StoreUnavailable, UpstreamError
from imagedepot.model.image import ImageType, InstalledImage, titled

_RECONNECT_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 5.0
_log = logging.getLogger(__name__)


class FollowedImages:
    """`read` asks the daemon for its list; `events` yields once when connected, then after each change.

    While the daemon is away there is no snapshot, so that no old one is shown; it comes back by itself. Only the
    following thread waits for a daemon that hangs, callers do not. `gone` is called with the names that disappeared
    while we followed.
    """

    def __init__(
        self,
        read: Callable[[], tuple[InstalledImage, ...]],
        events: Callable[[], Generator[None, None, None]],
        name: str,
        gone: Callable[[Collection[tuple[str, str]]], None] | None = None,
    ) -> None:
        self._read = read
        self._events = events
        self._name = name
        self._gone = gone
        self._failure = ""
        self._reading = threading.Lock()
        self._looked = threading.Event()
        self._watchers = Watchers()
        self.watch = self._watchers.watch
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"{name}-events", daemon=True)
        self.snapshot: tuple[InstalledImage, ...] | None = None

    def start(self) -> None:
        """Begin to follow; returns at once, whether the daemon is there or not."""
        self._thread.start()

    def close(self) -> None:
        """Stop following; the owner of the daemon's connection then closes it, and may `join`."""
        self._closed.set()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(2 * _RECONNECT_SECONDS)

    def absence(self, seconds: float) -> str | None:
        """Why the daemon is away; None when it is there. Waits so long for the first look at it."""
        self._looked.wait(seconds)
        return None if self.snapshot is not None else self._failure or f"{self._name} has not answered yet"

    def current(self) -> Sequence[InstalledImage]:
        """The snapshot. Raises `StoreUnavailable`."""
        if self.snapshot is None and not self._thread.is_alive():
            return self.refresh()
        reason = self.absence(_FIRST_LOOK_SECONDS)
        snapshot = self.snapshot
        if snapshot is None:
            raise StoreUnavailable(reason or f"{self._name} has just gone away")
        return snapshot

    def find(self, name: str, tag: str) -> InstalledImage:
        """Raises `ImageNotFound`, `StoreUnavailable`."""
        for each in self.current():
            if each.name == name and each.tag == tag:
                return each
        raise ImageNotFound(titled(ImageType.DOCKER, name, tag))

    def refresh(self) -> tuple[InstalledImage, ...]:
        """Read the list now. Raises `StoreUnavailable`, `UpstreamError`."""
        with self._reading:
            before = self.snapshot
            try:
                rows = self._read()
            except DepotError as error:
                self._failure, self.snapshot = str(error), None
                raise
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                self._failure, self.snapshot = f"{self._name} sent an answer that is not understood", None
                raise UpstreamError(self._failure) from error
            else:
                if rows != before:
                    self.snapshot = rows
            finally:
                self._looked.set()
                changed = self.snapshot is not before
            left = {(each.name, each.tag) for each in before or ()} - {(each.name, each.tag) for each in rows}
            if left and self._gone:
                self._gone(left)
        if changed:
            self._watchers.tell()
        return rows

    def _follow(self) -> None:
        while not self._closed.is_set():
            self._guarded(self._until_it_ends)
            if not self._closed.is_set():
                self._guarded(self.refresh)  # away, or has the stream just ended?
                self._closed.wait(_RECONNECT_SECONDS)

    def _until_it_ends(self) -> None:
        with closing(self._events()) as events:
            for _ in events:
                if self._closed.is_set():
                    return
                self.refresh()

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except DepotError as error:
            _log.debug("%s: %s", self._name, error)  # callers get the error
        except Exception:  # noqa: BLE001 - a thread that dies silently would leave the list as it is for ever
            _log.exception("%s: following it broke", self._name)
