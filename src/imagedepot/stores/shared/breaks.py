"""Distinguishes an engine that is away from one that breaks off each load of an image."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imagedepot.errors import StoreUnavailable, UpstreamError

_MOST_BREAKS = 3


class Breaks:
    """Counts the loads of each image that an engine broke off; a single one may be a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    @contextmanager
    def counted(
        self, image: str, title: str, progress: Callable[[int, int], None]
    ) -> Iterator[Callable[[int, int], None]]:
        """Gives the `progress` to pass on; an engine that took the first bytes and then went away broke off.

        `image` tells images apart, `title` is for the sentence. Raises `UpstreamError` at the third break in a row, in
        place of `StoreUnavailable`.
        """
        begun = threading.Event()

        def tell(done: int, total: int) -> None:
            begun.set()
            progress(done, total)

        try:
            yield tell
        except StoreUnavailable as error:
            if begun.is_set() and self._broke(image):
                raise UpstreamError(f"{title}: the engine breaks off while loading this image") from error
            raise
        with self._lock:
            self._counts.pop(image, None)

    def _broke(self, image: str) -> bool:
        """Whether that was once too often; then counting begins again."""
        with self._lock:
            count = self._counts.pop(image, 0) + 1
            if count < _MOST_BREAKS:
                self._counts[image] = count
            return count >= _MOST_BREAKS
