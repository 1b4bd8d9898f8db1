"""What the tests of one blob's transfer have on their table: a store, a short patience, ten thousand bytes."""

from __future__ import annotations

import random
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.transfer.ingest import Ingest, key_of
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from tests.content.upstream import ScriptedFetcher

BODY = random.Random(1).randbytes(10_000)
BLOB = Descriptor("application/octet-stream", Digest.of(BODY), len(BODY))
HASTY = RetryPolicy(first_wait=0.001, longest_wait=0.002)


class Bench:
    def __init__(self, folder: Path, free: int = 1 << 40, retry_policy: RetryPolicy = HASTY) -> None:
        self.blobs = BlobStore(folder)
        self.ingest = Ingest(self.blobs, DiskSpace(folder, 0, lambda: free), Throttle(), retry_policy)
        self.part = PartProgress("x", None)
        self.cancellation = Cancellation()

    def fetch(self, fetcher: ScriptedFetcher, content: Descriptor = BLOB) -> Digest:
        with self.blobs.lease() as lease:
            return self.ingest.fetch(fetcher, content, lease, self.part, self.cancellation)

    def fetch_file(self, fetcher: ScriptedFetcher, content: RemoteFile) -> Digest:
        with self.blobs.lease() as lease:
            return self.ingest.fetch(fetcher, content, lease, self.part, self.cancellation)

    @property
    def partial(self) -> Path:
        return self.blobs.partial(key_of(BLOB))

    def holds_only_whole_blobs(self) -> bool:
        return all(Digest.of(self.blobs.path(each).read_bytes()) == each for each in self.blobs.all())


def flip(body: bytes) -> bytes:
    return bytes(each ^ 1 for each in body[:1]) + body[1:]
