"""A blob that is being fetched: clients read what is here of it while one thread of the service writes it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from imagedepot.content.transfer.progress import PartProgress
from imagedepot.errors import DepotError, DigestMismatch
from imagedepot.model.digest import Digest
from imagedepot.protocols import BlobBytes, Blobs

Changed: TypeAlias = Callable[[], None]


class GrowingBlob:
    """`size` is None until it is known; `repository` is the full name of the one that it is fetched for. `changed`
    callbacks are called from the thread that writes, `moved` when a client comes or leaves."""

    def __init__(
        self, digest: Digest, size: int | None, blobs: Blobs, repository: str, moved: Callable[[], None]
    ) -> None:
        self.digest = digest
        self.repository = repository
        self.began = datetime.now(UTC)
        self._promised = size
        self._blobs = blobs
        self._moved = moved
        self._lock = threading.Lock()
        self._followers: list[Changed] = []
        self._clients: Counter[str] = Counter()
        self._is_done = False
        self._error: DepotError | None = None
        self._restarts = 0
        self.part = _WatchedPart(digest.key, size, self._arrived)

    @property
    def size(self) -> int | None:
        """Of the whole blob: what is here of it, else what the upstream says, else what a manifest says."""
        return self.part.bytes if self._is_done else self.part.size or self._promised

    @property
    def is_done(self) -> bool:
        return self._is_done

    @property
    def has_begun(self) -> bool:
        """Whether the upstream has begun to send it, so that what has arrived may be read."""
        return self._is_done or self.part.bytes > 0

    def end(self, error: DepotError | None = None) -> None:
        """To be called when it is a blob, or has failed."""
        self._error = error
        self._is_done = error is None
        self._tell()

    def check(self) -> None:
        """Raises what it failed with."""
        if self._error is not None:
            raise self._error

    @property
    def clients(self) -> Sequence[str]:
        """The addresses of its followers, one for each follower."""
        with self._lock:
            return list(self._clients.elements())

    @contextmanager
    def followed(self, changed: Changed, client: str = "") -> Iterator[Follower]:
        """`changed` is called after each change while inside; `client` is the address of whom the bytes are for."""
        for_clients = [client] if client else []
        with self._lock:
            self._followers.append(changed)
            self._clients.update(for_clients)
        if client:
            self._moved()
        follower = Follower(self, self._blobs)
        try:
            yield follower
        finally:
            follower.close()
            with self._lock:
                self._followers.remove(changed)
                self._clients.subtract(for_clients)
            if client:
                self._moved()

    def readable(self, restarts: int | None) -> tuple[int, int]:
        """Up to which byte clients may read, and how often the fetch started over.

        The last byte waits for the digest, so that no client takes a wrong blob for a whole one.

        Raises `DigestMismatch` for what follows bytes that were wrong, and what it failed with.
        """
        self.check()
        if self._is_done:
            return self.part.bytes, self._restarts
        if restarts is not None and restarts != self._restarts:
            raise DigestMismatch(f"blob {self.digest.short}", str(self.digest), "other bytes, which came again")
        arrived, size = self.part.bytes, self.size
        return (arrived if size is None else max(0, min(arrived, size - 1))), self._restarts

    def _arrived(self, before: int, now: int) -> None:
        if now < before:
            self._restarts += 1
        if now != before:
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            followers = list(self._followers)
        for changed in followers:
            changed()


class Follower:
    """One client's way through a growing blob. `open` blocks for the storage alone."""

    def __init__(self, blob: GrowingBlob, blobs: Blobs) -> None:
        self._blob = blob
        self._blobs = blobs
        self._bytes: BlobBytes | None = None
        self._restarts: int | None = None

    def available(self) -> int:
        """Up to which byte it can be read now. Raises as `GrowingBlob.readable`."""
        end, restarts = self._blob.readable(None if self._bytes is None else self._restarts)
        self._restarts = restarts
        return end

    def open(self) -> BlobBytes:
        """A reader, which `close` closes."""
        if self._bytes is None:
            self._bytes = self._blobs.follow(self._blob.digest.key, self._blob.digest)
        return self._bytes

    def close(self) -> None:
        if self._bytes is not None:
            self._bytes.close()
            self._bytes = None


class _WatchedPart(PartProgress):
    """A part that reports its progress."""

    def __init__(self, key: str, size: int | None, arrived: Callable[[int, int], None]) -> None:
        self._arrived = arrived
        self._bytes = 0
        super().__init__(key, size)

    @property
    def bytes(self) -> int:
        return self._bytes

    @bytes.setter
    def bytes(self, now: int) -> None:
        before, self._bytes = self._bytes, now
        self._arrived(before, now)
