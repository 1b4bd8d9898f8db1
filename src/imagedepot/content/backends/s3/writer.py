"""A blob on its way into the bucket: hashed as it comes, stored in parts while the next one fills."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from contextlib import closing
from types import TracebackType
from typing import Protocol, Self

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.s3.bucket import Bucket, Changed, Missing, Stored
from imagedepot.content.backends.s3.parts import Parts
from imagedepot.errors import DepotError, DigestMismatch, StorageUnavailable
from imagedepot.model.digest import Digest

PART = 16 << 20
_PIECE = 1 << 20


class Landing(Protocol):
    """The calls that a writer makes to its backend."""

    def landed(self, digest: Digest, size: int) -> None: ...

    def left(self, writer: S3Writer) -> None: ...


class S3Writer:
    """`protocols.BlobWriter`. In memory are at most two parts: one that fills, one that is being stored.

    Parts are `part_size` bytes, but the last one of an upload that was left: the next writer reads it and stores it
    again once it is full. A call that fails leaves everything as it was before, and may be repeated.
    """

    def __init__(
        self,
        bucket: Bucket,
        key: str,
        expected: Digest | None,
        cancellation: Cancellation,
        pool: Executor,
        backend: Landing,
        part_size: int,
    ) -> None:
        self.key = key
        self.offset = 0
        self.validator: str | None = None
        self._bucket = bucket
        self._pool = pool
        self._backend = backend
        self._part_size = part_size
        self._algorithm = expected.algorithm if expected else "sha256"
        self._hasher = Digest(self._algorithm, "").hasher()
        self._buffer = bytearray()
        self._begin = 0  # where the buffer begins in the blob
        self._sending: tuple[int, bytearray, Future[Stored]] | None = None
        self._in_memory: tuple[tuple[int, bytearray], ...] = ((0, self._buffer),)
        self._parts = Parts(bucket, key, pool)
        cancellation.check()
        self._parts.look()
        if expected is None:
            self.validator = self._parts.validator()
            if self.validator is None and self._parts.stored:
                self._parts.forget()  # without a digest or a validator the rest may be that of another version
        self._hashed = 0  # bytes that the hash knows
        self._catch_up(cancellation, is_lazy=expected is not None and not expected.hex)

    def write(self, chunk: memoryview) -> None:
        """Append; more than a part is written in several steps, each as a whole or not at all."""
        if len(self._buffer) + len(chunk) > self._part_size:
            self._settle()  # what may fail comes before anything has changed
        while chunk:
            if len(self._buffer) == self._part_size:
                self._send()
            piece = chunk[: self._part_size - len(self._buffer)]
            self._buffer += piece
            if self._hashed == self.offset:
                self._hasher.update(piece)
                self._hashed += len(piece)
            self.offset += len(piece)
            chunk = chunk[len(piece) :]

    def expect(self, size: int | None) -> None:
        """Do nothing: a bucket has no room to reserve."""

    def note(self, validator: str | None) -> None:
        self._parts.note(validator)
        self.validator = validator

    def restart(self) -> None:
        sending, self._sending = self._sending, None
        if sending is not None:
            sending[2].cancel() or sending[2].exception()
        if sending is not None or self._parts.stored:
            self._parts.forget()
            if self.validator is not None:
                self._parts.note(self.validator)
        self.offset = 0
        self._fill(bytearray(), 0)
        self._hasher = Digest(self._algorithm, "").hasher()
        self._hashed = 0

    def digest(self) -> Digest:
        if self._hashed < self.offset:
            self._hash_all()
        return Digest(self._algorithm, self._hasher.hexdigest())

    def commit(self, digest: Digest) -> None:
        """Make the bytes a blob: one request for a small one; else two more than its parts, and one to delete these."""
        actual = self.digest()
        if actual != digest:
            raise DigestMismatch(f"blob {digest.short}", str(digest), str(actual))
        self.store(f"blobs/{digest.algorithm}/{digest.hex}", digest)

    def store(self, target: str, digest: Digest | None = None) -> None:
        """Make what is here an object, whatever it is; `digest` says that it is that blob."""
        self._settle()
        if self._begin == 0:
            self._bucket.put(target, self._buffer)
        else:
            self._store_tail()
            self._parts.compose(target)
        if digest is not None:
            self._backend.landed(digest, self.offset)
        self._parts.drop()
        self._fill(bytearray(), self.offset)

    def recent(self, offset: int, size: int) -> bytes | None:
        """Bytes from `offset` on that are still in memory; for other threads. None when they are stored already."""
        for start, held in self._in_memory:
            if start <= offset < start + len(held):
                return bytes(held[offset - start : offset - start + size])
        return None

    def flush(self) -> None:
        self._settle()
        self._store_tail()

    def is_current(self) -> bool:
        self._settle()
        seen = Parts(self._bucket, self.key, self._pool)
        seen.look()
        return [(each.size, each.etag) for each in seen.stored] == [
            (each.size, each.etag) for each in self._parts.stored
        ]

    def abandon(self) -> None:
        sending, self._sending = self._sending, None
        if sending is not None:
            sending[2].cancel() or sending[2].exception()
        self._backend.left(self)

    def close(self) -> None:
        """Store what is in memory, so that it can be resumed."""
        try:
            self.flush()
        finally:
            self._backend.left(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except DepotError:
            if error is None:
                raise  # else the first failure is the one to report

    def _send(self) -> None:
        """Begin to store the full buffer, once the part before it is stored."""
        self._settle()
        number, full = self._begin // self._part_size, self._buffer
        self._sending = (number, full, self._pool.submit(self._parts.put, number, full))
        self._fill(bytearray(), self._begin + len(full), (self._begin, full))

    def _settle(self) -> None:
        """Wait until the part that is being stored is; try once more what failed before."""
        if self._sending is None:
            return
        number, full, future = self._sending
        if future.done() and future.exception() is not None:
            future = self._pool.submit(self._parts.put, number, full)
            self._sending = (number, full, future)
        self._parts.keep(number, future.result())
        self._sending = None
        self._fill(self._buffer, self._begin)

    def _fill(self, buffer: bytearray, begin: int, *sending: tuple[int, bytearray]) -> None:
        """Go on in this buffer. What other threads see of memory changes at once."""
        self._buffer, self._begin = buffer, begin
        self._in_memory = ((begin, buffer), *sending)

    def _store_tail(self) -> None:
        """Store what is in memory as the last part, unless it is stored already."""
        number = self._begin // self._part_size
        is_stored = len(self._parts.stored) > number and self._parts.stored[number].size == len(self._buffer)
        if self._buffer and not is_stored:
            self._parts.keep(number, self._parts.put(number, self._buffer))

    def _hash_all(self) -> None:
        """Read what is stored once, for the hash: another node has written it."""
        self._settle()
        hasher = Digest(self._algorithm, "").hasher()
        for part in self._parts.stored[: self._begin // self._part_size]:
            hasher.update(self._read(part, Cancellation()))
        hasher.update(self._buffer)
        self._hasher, self._hashed = hasher, self.offset

    def _catch_up(self, cancellation: Cancellation, is_lazy: bool) -> None:
        """Read what is stored, for the hash; the last part stays in memory where it is not full. `is_lazy`: leave the
        hash for the end, since the next chunk may be another node's."""
        parts, self._parts.stored = self._parts.stored, []
        for number, part in enumerate(parts):
            if part.size > self._part_size or (part.size < self._part_size and number < len(parts) - 1):
                self._parts.stored = parts
                self._parts.forget()  # written with another size of parts
                self.restart()
                return
            content = bytearray()
            if not is_lazy or part.size < self._part_size:
                content = self._read(part, cancellation)
            if self._hashed == self.offset and len(content) == part.size:
                self._hasher.update(content)
                self._hashed += part.size
            self.offset += part.size
            self._parts.stored.append(part)
            if part.size < self._part_size:
                self._fill(content, self._begin)
            else:
                self._fill(bytearray(), self.offset)

    def _read(self, part: Stored, cancellation: Cancellation) -> bytearray:
        content = bytearray()
        try:
            with closing(self._bucket.get(part.key, 0, part.etag)) as body:
                while piece := body.read(_PIECE):
                    cancellation.check()
                    content += piece
        except (Missing, Changed) as error:
            raise StorageUnavailable(f"Another node goes on with the upload {self.key}") from error
        return content
