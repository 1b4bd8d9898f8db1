"""Blobs from upstreams: the service fetches each once, however many clients ask or leave."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.errors import DepotError, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.download import Part
from imagedepot.model.image import RemoteFile
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.protocols import Blobs, ByteStream
from imagedepot.remote.oci.peers.fetcher import PeersFirst
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.service.distribution.mirror.cache import MirrorCache
from imagedepot.service.distribution.mirror.flights import Flights
from imagedepot.service.distribution.mirror.growing import GrowingBlob

POLICY = RetryPolicy(attempts=4, longest_wait=5.0, longest_retry_after=10.0, lost_network=20.0, first_wait=0.2)
"""A client waits meanwhile, and asks again when it is given up: what has arrived is kept for that."""
_AT_A_TIME = 16  # blobs of one upstream
_MOST_WAITING = 2000
_ASK_SECONDS = 10.0
_BETWEEN_NEWS = 1.0  # seconds, while bytes arrive


@dataclass(frozen=True, slots=True)
class MirrorFetch:
    """What is on its way of one upstream's repository, and since when. `clients`: how many answers to each address
    are waiting for it."""

    name: str
    began: datetime
    parts: Sequence[Part]
    clients: Mapping[str, int]


class BlobFetches:
    """`landed` is called after each blob that came, `failed` with a host and a sentence ("" when it went well), and
    `moved` at each begin and end, and now and then between them."""

    def __init__(
        self,
        client: RegistryClient,
        blobs: Blobs,
        ingest: Ingest,
        cache: MirrorCache,
        landed: Callable[[], None],
        failed: Callable[[str, str], None],
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._blobs = blobs
        self._ingest = ingest
        self._cache = cache
        self._landed = landed
        self._failed = failed
        self._moved = moved
        self._told = 0.0
        self._flights: Flights[None] = Flights(_AT_A_TIME, _MOST_WAITING)
        self._lock = threading.Lock()
        self._running: dict[Digest, GrowingBlob] = {}

    def is_running(self, digest: Digest) -> bool:
        return digest in self._running

    def now(self) -> Sequence[MirrorFetch]:
        """What is on its way by repository, the earliest first."""
        with self._lock:
            running = list(self._running.values())
        by_name: dict[str, list[GrowingBlob]] = {}
        for each in running:
            by_name.setdefault(each.repository, []).append(each)
        return [
            MirrorFetch(
                name,
                blobs[0].began,
                [each.part.snapshot() for each in blobs],
                Counter(client for each in blobs for client in each.clients),
            )
            for name, blobs in by_name.items()
        ]

    def follow(self, name: RepositoryName, digest: Digest, size: int | None) -> GrowingBlob:
        """The blob on its way, which is fetched from now on unless it is already. Raises `Unavailable`."""
        assert name.upstream is not None, "a repository of our own has no upstream"
        with self._lock:
            running = self._running.get(digest)
            if running is not None:
                return running
            growing = GrowingBlob(digest, size, self._blobs, name.name, self._moved)
            # The key is this one fetch, and not the digest: the flight ends after its fetch has left `_running`.
            self._flights.start(name.upstream.host, growing, lambda flag: self._fetch(name, growing, size, flag))
            self._running[digest] = growing
        self._moved()
        return growing

    def ask(self, name: RepositoryName, digest: Digest) -> int | None:
        """Whether the upstream's repository has the blob, and its bytes where it says so; none of it is read.

        Raises `UpstreamNotFound`, `Unavailable`, …
        """
        reference = name.reference(str(digest))
        with (
            Cancellation().within(_ASK_SECONDS) as flag,
            closing(self._client.blob(reference, digest, 0, flag)) as stream,
        ):
            return stream.total

    def close(self) -> None:
        self._flights.close()

    def _fetch(self, name: RepositoryName, growing: GrowingBlob, size: int | None, flag: Cancellation) -> None:
        host = name.upstream.host if name.upstream else DOCKER_HUB
        reference = name.reference(str(growing.digest))
        source = _BlobSource(self._client, reference, growing.digest)
        fetcher = PeersFirst(self._client.peers, reference, source)
        file = RemoteFile(f"{name.name}@{growing.digest}", size, growing.digest)
        error: DepotError | None = None
        try:
            with self._blobs.lease() as lease, growing.followed(self._arrived):
                before = self._blobs.has(growing.digest)
                digest = self._ingest.fetch(fetcher, file, lease, growing.part, flag)
                self._blobs.settle()
                whole = self._blobs.size(digest)
                self._cache.put_blob(name.name, digest, whole)
                if not before:
                    self._cache.figures.add(from_upstream=source.received(whole), from_peers=fetcher.brought)
        except DepotError as failure:
            error = failure
            self._failed(host, str(failure))
        except BaseException as fault:
            error = StorageFailure(f"The blob {growing.digest.short} could not be fetched")
            error.__cause__ = fault
            raise
        else:
            self._failed(host, "")
        finally:
            with self._lock:
                self._running.pop(growing.digest, None)
            growing.end(error)
            self._moved()
        if error is None:
            self._landed()

    def _arrived(self) -> None:
        now = time.monotonic()
        if now - self._told > _BETWEEN_NEWS:
            self._told = now
            self._moved()


class _BlobSource:
    """One blob of a repository: `protocols.Fetcher`."""

    def __init__(self, client: RegistryClient, reference: Reference, digest: Digest) -> None:
        self._client = client
        self._reference = reference
        self._digest = digest
        self._first: int | None = None

    def open(
        self, content: RemoteFile, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        stream = self._client.blob(self._reference, self._digest, offset, cancellation, content.size)
        if self._first is None:
            self._first = stream.start
        return stream

    def received(self, size: int) -> int:
        """How many bytes of a whole blob came from the upstream; 0 if another download brought it."""
        return 0 if self._first is None else size - self._first
