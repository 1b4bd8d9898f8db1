"""`protocols.Blobs` in memory."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from imagedepot.cancellation import Cancellation
from imagedepot.content.leases import Leases
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.errors import DigestMismatch, ImageNotFound, StorageFailure
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols import Checked, Leftover, Unwanted


class MemoryBlobs:
    """Blobs that end with the process, and that have no files."""

    def __init__(self) -> None:
        self.blobs: dict[Digest, bytes] = {}
        self.partials: dict[str, bytearray] = {}
        self.validators: dict[str, str] = {}
        self.quarantine: dict[Digest, bytes] = {}
        self._upstream: dict[Digest, bytes] = {}
        self.turn = KeyedLock().turn
        leases = Leases()
        self.lease, self.leased, self.leased_keys = leases.lease, leases.leased, leases.leased_keys
        self.grace = 0.0
        self.no_new_leases, self.sweeping = leases.no_new_leases, leases.sweeping

    def has(self, digest: Digest) -> bool:
        return digest in self.blobs

    def size(self, digest: Digest) -> int:
        return len(self.blobs.get(digest, b""))

    def read(self, digest: Digest) -> bytes:
        try:
            return self.blobs[digest]
        except KeyError:
            raise ImageNotFound(str(digest)) from None

    def open(self, digest: Digest, offset: int = 0) -> io.BytesIO:
        reader = io.BytesIO(self.read(digest))
        reader.seek(offset)
        return reader

    def serve(self, digest: Digest, offset: int = 0) -> MemoryBytes:
        return MemoryBytes(self.read(digest))

    def follow(self, key: str, digest: Digest) -> MemoryBytes:
        return MemoryBytes(self.partials.get(key) or self.read(digest))

    def redirect(self, digest: Digest) -> str | None:
        return None

    def local_path(self, digest: Digest) -> Path | None:
        return None

    def is_whole(self, digest: Digest) -> bool:
        return Digest.of(self.read(digest), digest.algorithm) == digest

    def put(self, content: bytes, algorithm: str = "sha256") -> Digest:
        digest = Digest.of(content, algorithm)
        self.blobs[digest] = content
        return digest

    def settle(self) -> None:
        return

    def upload(self, key: str, expected: Digest | None, cancellation: Cancellation) -> MemoryWriter:
        cancellation.check()
        return MemoryWriter(self, key, expected)

    def partial_size(self, key: str) -> int:
        return len(self.partials.get(key, b""))

    def forget_partial(self, key: str) -> None:
        self.partials.pop(key, None)
        self.validators.pop(key, None)

    def leftovers(self) -> Iterator[Leftover]:
        now = datetime.now(UTC)
        yield from [Leftover(key, key, len(content), now) for key, content in self.partials.items()]
        yield from [Leftover(str(each), None, len(content), now) for each, content in self.quarantine.items()]

    def discard(self, leftover: Leftover) -> int:
        if leftover.key is None:
            del self.quarantine[Digest.parse(leftover.name)]
        else:
            self.forget_partial(leftover.key)
        return leftover.size

    def audit(self, slice_: Slice = WHOLE) -> Sequence[Checked]:
        return [self._checked(digest, content) for digest, content in self.blobs.items() if slice_.has(digest.hex)]

    def _checked(self, digest: Digest, content: bytes) -> Checked:
        fault = "" if self.is_whole(digest) else "its bytes are not what its digest says"
        return Checked(str(digest), self.place(digest), len(content), fault)

    def is_there(self, found: Checked) -> bool:
        return self.has(Digest.parse(found.name))

    def set_aside(self, found: Checked) -> None:
        digest = Digest.parse(found.name)
        self.quarantine[digest] = self.blobs.pop(digest)

    def place(self, digest: Digest) -> str:
        return f"memory:{digest}"

    def all(self) -> Iterator[Digest]:
        yield from list(self.blobs)

    def delete(self, digest: Digest) -> int:
        return len(self.blobs.pop(digest, b""))

    def unwanted(self, wanted: Collection[Digest]) -> Iterator[Unwanted]:
        yield from [Unwanted(each, len(content)) for each, content in self.blobs.items() if each not in wanted]
        found = self._upstream.items()
        yield from [Unwanted(each, len(content), True) for each, content in found if each not in wanted]

    def delete_all(self, unwanted: Sequence[Unwanted]) -> Sequence[Unwanted]:
        for each in unwanted:
            (self.forget_upstream if each.is_upstream else self.delete)(each.digest)
        return unwanted

    def keep_upstream(self, digest: Digest, raw: bytes) -> None:
        actual = Digest.of(raw, digest.algorithm)
        if actual != digest:
            raise DigestMismatch("manifest", str(digest), str(actual))
        self._upstream[digest] = raw

    def kept_upstream(self, digest: Digest) -> bytes | None:
        return self._upstream.get(digest)

    def upstream(self, digest: Digest) -> bytes:
        raw = self.kept_upstream(digest)
        if raw is None:
            raise ImageNotFound(str(digest))
        return raw

    def upstream_size(self, digest: Digest) -> int:
        return len(self._upstream.get(digest, b""))

    def all_upstream(self) -> Iterator[Digest]:
        yield from list(self._upstream)

    def forget_upstream(self, digest: Digest) -> int:
        return len(self._upstream.pop(digest, b""))


class MemoryBytes:
    """Bytes at any offset."""

    descriptor: int | None = None

    def __init__(self, content: bytes | bytearray) -> None:
        self._content = content

    def read_at(self, offset: int, size: int) -> bytes:
        piece = bytes(self._content[offset : offset + size])
        if not piece:
            raise StorageFailure("There is nothing")
        return piece

    def close(self) -> None:
        return


class MemoryWriter:
    """Appends to the partial blob of its key."""

    def __init__(self, blobs: MemoryBlobs, key: str, expected: Digest | None) -> None:
        self._blobs = blobs
        self._key = key
        self._algorithm = expected.algorithm if expected else "sha256"
        self._bytes = blobs.partials.setdefault(key, bytearray())
        self.validator = None if expected else blobs.validators.get(key)
        if expected is None and self.validator is None:
            self._bytes.clear()
        self.offset = len(self._bytes)

    def write(self, chunk: memoryview) -> None:
        self._bytes += chunk
        self.offset = len(self._bytes)

    def expect(self, size: int | None) -> None:
        return

    def note(self, validator: str | None) -> None:
        self.validator = validator
        if validator is None:
            self._blobs.validators.pop(self._key, None)
        else:
            self._blobs.validators[self._key] = validator

    def flush(self) -> None:
        return

    def is_current(self) -> bool:
        return True

    def abandon(self) -> None:
        self.close()

    def restart(self) -> None:
        self._bytes.clear()
        self.offset = 0

    def digest(self) -> Digest:
        return Digest.of(bytes(self._bytes), self._algorithm)

    def commit(self, digest: Digest) -> None:
        actual = self.digest()
        if actual != digest:
            raise DigestMismatch(f"blob {digest.short}", str(digest), str(actual))
        self._blobs.blobs[digest] = bytes(self._bytes)
        self._blobs.forget_partial(self._key)

    def close(self) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return
