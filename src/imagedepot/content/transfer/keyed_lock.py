"""One thread at a time for each key; the others see how far it is.

Two downloads that share a layer once wrote one partial file, and one died: hence a turn for each blob.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.model.download import PartStatus

_LOOK_SECONDS = 0.1


class KeyedLock:
    """Hands each key to one thread; when that one ends, well or badly, the next takes over."""

    def __init__(self) -> None:
        self._holders: dict[str, PartProgress] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, key: str, part: PartProgress, cancellation: Cancellation) -> Iterator[None]:
        """Wait for the key, mirroring its holder's progress into `part`. Raises `Cancelled`."""
        with self._changed:
            while (holder := self._holders.get(key)) is not None:
                cancellation.check()
                part.status = PartStatus.SHARED
                part.bytes, part.size = holder.bytes, part.size or holder.size
                self._changed.wait(_LOOK_SECONDS)
            cancellation.check()
            part.status = PartStatus.WAITING
            self._holders[key] = part
        try:
            yield
        finally:
            with self._changed:
                del self._holders[key]
                self._changed.notify_all()
