"""A lock for each key, whose waiters see the progress of its holder.

Without it two downloads that share a layer would write the same partial file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagedepot.cancellation import Cancellation
from imagedepot.model.download import PartStatus
from imagedepot.protocols.blobs import Transfer

_LOOK_SECONDS = 0.1


class KeyedLock:
    """Gives each key to one thread at a time; when its holder succeeds or fails, the next one continues."""

    def __init__(self) -> None:
        self._holders: dict[str, Transfer] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, key: str, transfer: Transfer, cancellation: Cancellation) -> Iterator[None]:
        """Wait for the key, mirroring its holder's progress into `transfer`. Raises `Cancelled`."""
        with self._changed:
            while (holder := self._holders.get(key)) is not None:
                cancellation.check()
                transfer.status = PartStatus.SHARED
                transfer.bytes, transfer.size = holder.bytes, transfer.size or holder.size
                self._changed.wait(_LOOK_SECONDS)
            cancellation.check()
            transfer.status = PartStatus.WAITING
            self._holders[key] = transfer
        try:
            yield
        finally:
            with self._changed:
                del self._holders[key]
                self._changed.notify_all()
