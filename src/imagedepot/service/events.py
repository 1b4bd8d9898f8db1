"""Tells listeners what is new: the latest state of each download, that the list of images changed, and that
the mirror fetches.

A listener has one slot with the latest state of each download, so a slow one costs no queue and no thread; it misses
states in between, never the last one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from imagedepot.model.download import Download


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last look; `closed` when nothing more will."""

    downloads: tuple[Download, ...] = ()
    images: bool = False
    mirror: bool = False
    closed: bool = False


@dataclass(slots=True, eq=False)
class Slot:
    """One listener's place; `wake` is called, from any thread, when there is something to take."""

    wake: Callable[[], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _downloads: dict[str, Download] = field(default_factory=dict)
    _images: bool = False
    _mirror: bool = False
    _closed: bool = False

    def take(self) -> News:
        with self._lock:
            news = News(tuple(self._downloads.values()), self._images, self._mirror, self._closed)
            self._downloads, self._images, self._mirror = {}, False, False
        return news

    def put(
        self, download: Download | None = None, images: bool = False, mirror: bool = False, closed: bool = False
    ) -> None:
        with self._lock:
            if download is not None:
                self._downloads[download.id] = download
            self._images |= images
            self._mirror |= mirror
            self._closed |= closed
        with contextlib.suppress(RuntimeError):  # its event loop has ended, and it will be gone in a moment
            self.wake()


class Feed:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: set[Slot] = set()
        self._closed = False

    @contextmanager
    def listen(self, wake: Callable[[], None]) -> Iterator[Slot]:
        slot = Slot(wake)
        with self._lock:
            self._slots.add(slot)
            closed = self._closed
        if closed:
            slot.put(closed=True)
        try:
            yield slot
        finally:
            with self._lock:
                self._slots.discard(slot)

    def download(self, download: Download) -> None:
        self._tell(download)

    def images(self) -> None:
        self._tell(images=True)

    def mirror(self) -> None:
        """What is being fetched for the clients of the mirror has changed."""
        self._tell(mirror=True)

    def close(self) -> None:
        """Tell every listener that the feed has ended."""
        with self._lock:
            self._closed = True
        self._tell(closed=True)

    def _tell(
        self, download: Download | None = None, images: bool = False, mirror: bool = False, closed: bool = False
    ) -> None:
        with self._lock:
            for slot in self._slots:
                slot.put(download, images, mirror, closed)
