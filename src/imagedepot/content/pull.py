"""Many blobs of one image at the same time, as one piece of work that fails with one error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import Lease
from imagedepot.content.ingest import Ingest, key_of
from imagedepot.content.progress import Progress
from imagedepot.errors import Cancelled
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from imagedepot.model.manifest import Descriptor
from imagedepot.protocols import Fetcher

_BLOBS_PER_IMAGE = 4


class Puller:
    """`concurrency` blobs of one image at a time: more gained nothing where it was measured."""

    def __init__(self, ingest: Ingest, concurrency: int = _BLOBS_PER_IMAGE) -> None:
        self._ingest = ingest
        self._concurrency = concurrency

    def fetch(
        self,
        lease: Lease,
        fetcher: Fetcher,
        items: Sequence[Descriptor | RemoteFile],
        progress: Progress,
        cancellation: Cancellation,
        landed: Callable[[Digest], None] = lambda _: None,
    ) -> list[Digest]:
        """Their digests, in order; `landed` is told each as soon as it is here. The first failure stops the others and
        is what is raised."""
        progress.expect((key_of(item), item.size) for item in items)
        together = Cancellation(cancellation.patience, cancellation.deadline)

        def one(item: Descriptor | RemoteFile) -> Digest:
            digest = self._ingest.fetch(fetcher, item, lease, progress.part(key_of(item)), together)
            landed(digest)
            return digest

        largest_first = sorted(range(len(items)), key=lambda at: -(items[at].size or 0))
        with cancellation.on_cancel(together.cancel), ThreadPoolExecutor(self._concurrency, "blob") as pool:
            futures = {at: pool.submit(one, items[at]) for at in largest_first}
            try:
                wait(futures.values(), return_when=FIRST_EXCEPTION)
            except BaseException:  # Ctrl-C: the pool's end waits for its threads
                together.cancel()
                raise
            if any(future.done() and future.exception() for future in futures.values()):
                together.cancel()
        cancellation.check()
        errors = [error for future in futures.values() if (error := future.exception())]
        for error in sorted(errors, key=lambda each: isinstance(each, Cancelled)):
            raise error
        return [futures[at].result() for at in range(len(items))]
