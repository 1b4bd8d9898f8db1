"""Where blobs are kept, by digest: a blob is whole and correct, or it is not here.

No path crosses this seam but by `local_path`, which a backend without files answers with None.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from imagedepot.cancellation import Cancellation
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest
from imagedepot.model.download import PartStatus


class BlobReader(Protocol):
    """Bytes of one blob, from the offset where it was opened. Close it, or use it as a context manager."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, all that are left without it; empty at the end."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


class BlobBytes(Protocol):
    """Bytes of one blob at any offset, for one client of `/v2/`."""

    descriptor: int | None
    """Of an open file that the server may send from by itself; None where there is none."""

    def read_at(self, offset: int, size: int) -> bytes:
        """At least one byte and at most `size`, from an offset. Raises `StorageFailure` where there are none."""

    def close(self) -> None: ...


class BlobWriter(Protocol):
    """Bytes on their way to become a blob, hashed as they come. Use as a context manager: what was written and not
    committed stays, and the next writer with the same key goes on at its `offset`.

    `validator`: what the upstream gave for resuming content that has no digest (an ETag or a date). Every failed write
    is a `StorageFailure`, or a `StorageUnavailable` after which nothing of the chunk is written.
    """

    offset: int
    validator: str | None

    def write(self, chunk: memoryview, /) -> None:
        """Append, and hash."""

    def expect(self, size: int | None) -> None:
        """Announce how many bytes there will be, where that is known: a large blob gets its room ahead."""

    def note(self, validator: str | None) -> None:
        """Save the validator to resume with; to be called before the first byte of that version is written."""

    def restart(self) -> None:
        """Drop what is here, and go on from the first byte."""

    def digest(self) -> Digest:
        """The digest of the bytes that are here."""

    def commit(self, digest: Digest) -> None:
        """Make the bytes durable, then a blob. Nothing is written afterwards.

        Raises `DigestMismatch` when they are others, `StorageFailure`; then there is no blob.
        """

    def close(self) -> None:
        """Close the writer and keep its bytes, for use outside of a `with` block."""

    def flush(self) -> None:
        """Put what was written where a writer of another node goes on from."""

    def is_current(self) -> bool:
        """Whether no writer of another node went on with it."""

    def abandon(self) -> None:
        """Close the writer, and put nothing of what is in memory anywhere: another one went on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


class Transfer(Protocol):
    """The progress of a blob, written by the holder of its turn and read by the threads that wait for it."""

    bytes: int
    size: int | None
    status: PartStatus


class Lease(Protocol):
    """Blobs that no clean-up may delete until the `with` block ends, whether they are here yet or not."""

    def pin(self, digests: Iterable[Digest]) -> None:
        """Protect these; to be called before looking whether they are here: what is pinned stays as it is."""

    def pin_partial(self, key: str) -> None:
        """Protect a partial blob, before its writer is opened: content without a digest has no other name yet."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Leftover:
    """Bytes that are no blob: a partial one, which `key` may go on with, or, without a key, one that was set aside.

    `name` is the backend's own; `modified` is UTC.
    """

    name: str
    key: str | None
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A blob, or the manifest of an upstream, that a clean-up may delete; `size` in bytes."""

    digest: Digest
    size: int
    is_upstream: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What an audit found in one place. `name` is a digest, or what stands in its place; `place` is where people find
    it. `size` in bytes, None for what has none; `fault` is what is wrong, or "".
    """

    name: str
    place: str
    size: int | None
    fault: str


class Blobs(Protocol):
    """The blobs that are here, those on their way, and the manifests as upstreams sent them.

    Safe to call from many threads. Every call may raise `StorageFailure`, and `StorageUnavailable` where blobs are
    elsewhere: then everything is as before the call, which may be repeated.
    """

    def has(self, digest: Digest) -> bool: ...

    def size(self, digest: Digest) -> int:
        """Bytes; 0 when it is not here."""

    def read(self, digest: Digest) -> bytes:
        """All of a small blob. Raises `ImageNotFound` when it is not here."""

    def open(self, digest: Digest, offset: int = 0) -> BlobReader:
        """Read from byte `offset` on. Raises `ImageNotFound` when it is not here."""

    def serve(self, digest: Digest, offset: int = 0) -> BlobBytes:
        """The bytes for a client that reads from `offset` on. Raises `ImageNotFound` when it is not here."""

    def follow(self, key: str, digest: Digest) -> BlobBytes:
        """The bytes for a client that reads along while the writer with that key writes.

        Raises `ImageNotFound` when there is neither.
        """

    def redirect(self, digest: Digest) -> str | None:
        """An address where a client may read it for some minutes; None where we send it ourselves."""

    def local_path(self, digest: Digest) -> Path | None:
        """Its file, for reading only; None for a blob that is not here, or in no file."""

    def is_whole(self, digest: Digest) -> bool:
        """Whether its bytes are what its digest says; reads all of it."""

    def put(self, content: bytes, algorithm: str = "sha256") -> Digest:
        """Add a small blob that is in memory; `settle` makes it durable."""

    def settle(self) -> None:
        """Make everything that was added survive a power cut: before an index names it."""

    def upload(self, key: str, expected: Digest | None, cancellation: Cancellation) -> BlobWriter:
        """Write a blob, going on where an earlier writer with this `key` ended. One writer for a key at a time: `turn`.

        `expected` gives the algorithm; without it a `validator` that was noted decides whether to go on. `key` is never
        text from outside. Raises `Cancelled` while it hashes what is here.
        """

    def partial_size(self, key: str) -> int:
        """The number of bytes from which a writer with that key would resume."""

    def forget_partial(self, key: str) -> None:
        """Delete what a writer with that key would resume, if there is any."""

    def turn(self, key: str, transfer: Transfer, cancellation: Cancellation) -> AbstractContextManager[None]:
        """Wait until no other thread holds the key, showing the holder's progress in `transfer` meanwhile, and hold it.

        Raises `Cancelled`.
        """

    def all(self) -> Iterator[Digest]:
        """Every blob that is here."""

    def delete(self, digest: Digest) -> int:
        """Delete it; the bytes freed, 0 when it was not here."""

    def unwanted(self, wanted: Collection[Digest]) -> Iterator[Unwanted]:
        """What is here and not in `wanted`, except for what is so new that another node may be about to name it.

        Costs lists alone: nothing is asked for each blob.
        """

    def delete_all(self, unwanted: Sequence[Unwanted]) -> Sequence[Unwanted]:
        """Delete them in as few steps as it takes; those that are gone. One that cannot be deleted is logged."""

    grace: float
    """Seconds for which what was written lately is left alone, since another node may be at work with it."""

    def sweeping(self) -> AbstractContextManager[bool]:
        """Hold the right to clean up, which one of all nodes has at a time; False if another node has it."""

    def leftovers(self) -> Iterator[Leftover]:
        """Partial blobs, and what was set aside."""

    def discard(self, leftover: Leftover) -> int:
        """Delete a leftover; the bytes freed."""

    def audit(self, slice_: Slice = WHOLE) -> Sequence[Checked]:
        """Read everything that lies where blobs of the slice are, also what does not belong there."""

    def is_there(self, found: Checked) -> bool:
        """Whether it still lies where it was found."""

    def set_aside(self, found: Checked) -> None:
        """Move it out of the way: it is a leftover then."""

    def place(self, digest: Digest) -> str:
        """Where people find the blob, whether it is here or not."""

    def lease(self, reading: bool = False) -> Lease:
        """`reading`: of what is here and named already, which other nodes need not be told of."""

    def leased(self) -> frozenset[Digest]: ...

    def leased_keys(self) -> frozenset[str]:
        """Keys of the partial blobs that are being written."""

    def no_new_leases(self) -> AbstractContextManager[tuple[frozenset[Digest], frozenset[str]]]:
        """(digests, keys of partial blobs) that are leased. No lease begins inside: all others may be deleted."""

    def keep_upstream(self, digest: Digest, raw: bytes) -> None:
        """Keep a manifest or index as the upstream sent it. Raises `DigestMismatch`."""

    def kept_upstream(self, digest: Digest) -> bytes | None:
        """The upstream's own bytes, checked; None when they are not here, or rotten."""

    def upstream(self, digest: Digest) -> bytes:
        """As `kept_upstream`. Raises `ImageNotFound` for None."""

    def upstream_size(self, digest: Digest) -> int:
        """Bytes; 0 when it is not here."""

    def all_upstream(self) -> Iterator[Digest]: ...

    def forget_upstream(self, digest: Digest) -> int:
        """Delete it; the bytes freed, 0 when it was not here."""
