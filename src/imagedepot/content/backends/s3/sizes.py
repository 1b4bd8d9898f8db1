"""Remembers which blobs are in the bucket, so that one request of a client does not become four of ours."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from imagedepot.model.digest import Digest

SECONDS = 10.0
"""Whatever deletes blobs that another node may name waits longer between its last look and the deletion."""
_MOST = 10_000


class SeenSizes:
    """Bytes by digest, each for `SECONDS`. What was not found is not remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[Digest, tuple[float, int]] = OrderedDict()

    def find(self, digest: Digest) -> int | None:
        with self._lock:
            until, size = self._seen.get(digest, (0.0, 0))
        return size if self._clock() < until else None

    def note(self, digest: Digest, size: int) -> None:
        with self._lock:
            self._seen[digest] = (self._clock() + SECONDS, size)
            self._seen.move_to_end(digest)
            if len(self._seen) > _MOST:
                self._seen.popitem(last=False)

    def forget(self, digest: Digest) -> None:
        with self._lock:
            self._seen.pop(digest, None)
