"""Fetches the blobs of one image side by side, as one operation with one error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.ingest import C, Ingest, key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import Cancelled
from imagedepot.model.digest import Digest
from imagedepot.protocols import Fetcher, Lease

_BLOBS_PER_IMAGE = 4
_SYNCING_PER_IMAGE = 12
"""How many blobs wait for the disk while others arrive: the file system makes them durable together."""


class Puller:
    """Fetches `concurrency` blobs of one image at a time; more were not faster when measured.

    A blob whose bytes are all here makes way for the next one while it is made durable. `begin` is called in each
    thread, at its beginning.
    """

    def __init__(
        self, ingest: Ingest, concurrency: int = _BLOBS_PER_IMAGE, begin: Callable[[], None] = lambda: None
    ) -> None:
        self._ingest = ingest
        self._concurrency = concurrency
        self._begin = begin

    def fetch(
        self,
        lease: Lease,
        fetcher: Fetcher[C],
        items: Sequence[C],
        progress: Progress,
        cancellation: Cancellation,
        landed: Callable[[Digest], None] = lambda _: None,
        urgent: int = 0,
    ) -> list[Digest]:
        """Fetch the items and return their digests, in order. The first `urgent` items start first, then the largest.

        `landed` is called with each digest as soon as it is a blob. The first failure, also one of `landed`, stops the
        others and is raised.
        """
        progress.expect((key_of(item), item.size) for item in items)
        pace = self._ingest.pace()
        together = Cancellation(cancellation.patience, cancellation.deadline)
        lanes = threading.Semaphore(self._concurrency)

        def one(item: C) -> Digest:
            with ExitStack() as lane:
                lane.callback(lanes.release)
                try:
                    part = progress.part(key_of(item))
                    digest = self._ingest.fetch(fetcher, item, lease, part, together, lane.close, pace)
                    landed(digest)
                except BaseException:
                    together.cancel()
                    raise
            return digest

        in_turn = sorted(range(len(items)), key=lambda at: (at >= urgent, -(items[at].size or 0)))
        futures: dict[int, Future[Digest]] = {}
        most = self._concurrency + _SYNCING_PER_IMAGE
        with cancellation.on_cancel(together.cancel), ThreadPoolExecutor(most, "blob", self._begin) as pool:
            try:
                for at in in_turn:
                    lanes.acquire()
                    if together.cancelled:
                        break
                    futures[at] = pool.submit(one, items[at])
            except BaseException:  # Ctrl-C: the pool's end waits for its threads
                together.cancel()
                raise
        cancellation.check()
        errors = [error for future in futures.values() if (error := future.exception())]
        for error in sorted(errors, key=lambda each: isinstance(each, Cancelled)):
            raise error
        return [futures[at].result() for at in range(len(items))]
