"""`protocols.Blobs` in a bucket."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.file_bytes import FileBytes
from imagedepot.content.backends.s3.audit import BLOBS, audit, digest_of, is_whole
from imagedepot.content.backends.s3.bucket import Bucket, Missing, Stored
from imagedepot.content.backends.s3.cache import ReadCache
from imagedepot.content.backends.s3.parts import UPLOADS, Parts
from imagedepot.content.backends.s3.reader import GrowingS3Bytes, S3Bytes, S3Reader
from imagedepot.content.backends.s3.sizes import SeenSizes
from imagedepot.content.backends.s3.writer import PART, S3Writer
from imagedepot.content.leases import Leases
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.errors import DigestMismatch, ImageNotFound, StorageFailure
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols import BlobBytes, BlobReader, Checked, Lease, Leftover, Unwanted
from imagedepot.protocols.blobs import Transfer

UPSTREAM = "upstream/"
QUARANTINE = "quarantine/"
_AT_A_TIME = 8
_PIECE = 1 << 20
_REDIRECT_SECONDS = 900
_BEGUN = "multipart:"
_log = logging.getLogger(__name__)


TurnTaking: TypeAlias = Callable[[str, Transfer, Cancellation], AbstractContextManager[None]]


class SharedLeases(Protocol):
    """Those of all nodes, `database.fleet.leases.RowLeases`. `pinned` is called with what this node leases."""

    pinned: Callable[[Iterable[Digest]], None]

    def lease(self, reading: bool = False) -> Lease: ...

    def leased(self) -> frozenset[Digest]: ...

    def leased_keys(self) -> frozenset[str]: ...

    def no_new_leases(self) -> AbstractContextManager[tuple[frozenset[Digest], frozenset[str]]]: ...

    def sweeping(self) -> AbstractContextManager[bool]: ...


def name_of(digest: Digest) -> str:
    return f"{BLOBS}{digest.algorithm}/{digest.hex}"


class S3Blobs:
    """Blobs that any node may read. Leases and turns are those of this process, or of a fleet.

    `cache` keeps on this disk what was read whole; `part_size` is how many bytes an unfinished upload may lose.
    What was written less than `grace` seconds ago is wanted by no clean-up.
    """

    def __init__(
        self,
        bucket: Bucket,
        cache: ReadCache,
        part_size: int = PART,
        grace: float = 0,
        turn: TurnTaking | None = None,
        leases: SharedLeases | None = None,
    ) -> None:
        self._bucket = bucket
        self.grace = grace
        self._cache = cache
        self._part_size = part_size
        self._pool = ThreadPoolExecutor(_AT_A_TIME, "s3")
        self._sizes = SeenSizes()
        self._writers: dict[str, S3Writer] = {}
        self._lock = threading.Lock()
        self.check = bucket.check
        self.turn = turn or KeyedLock().turn
        held: Leases | SharedLeases = leases or Leases()
        self.lease, self.leased, self.leased_keys = held.lease, held.leased, held.leased_keys
        self.no_new_leases, self.sweeping = held.no_new_leases, held.sweeping
        if leases is not None:
            leases.pinned = self._forget_sizes

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def has(self, digest: Digest) -> bool:
        return self._size(digest) is not None

    def size(self, digest: Digest) -> int:
        return self._size(digest) or 0

    def read(self, digest: Digest) -> bytes:
        with self.open(digest) as reader:
            return reader.read()

    def open(self, digest: Digest, offset: int = 0) -> BlobReader:
        cached = self._cache.open(digest)
        if cached is not None:
            cached.seek(offset)
            return cached
        return self._reader(digest, offset)

    def serve(self, digest: Digest, offset: int = 0) -> BlobBytes:
        cached = self._cache.open(digest)
        if cached is not None:
            return FileBytes(cached)
        return S3Bytes(lambda start: self._reader(digest, start), offset)

    def follow(self, key: str, digest: Digest) -> BlobBytes:
        def whole(offset: int) -> BlobBytes:
            return self.serve(digest, offset)

        return GrowingS3Bytes(self._bucket, key, digest, lambda: self._writers.get(key), whole, self._part_size)

    def redirect(self, digest: Digest) -> str | None:
        return self._bucket.presigned(name_of(digest), _REDIRECT_SECONDS)

    def local_path(self, digest: Digest) -> Path | None:
        """None: a caller that needs a file makes a copy, which no clean-up of the cache deletes."""
        return None

    def is_whole(self, digest: Digest) -> bool:
        return is_whole(S3Reader(self._bucket, name_of(digest), str(digest)), digest)

    def put(self, content: bytes, algorithm: str = "sha256") -> Digest:
        digest = Digest.of(content, algorithm)
        if self._sizes.find(digest) is None:
            self._bucket.put(name_of(digest), content)
            self._sizes.note(digest, len(content))
        return digest

    def settle(self) -> None:
        """Do nothing: what the store has confirmed is durable."""

    def upload(self, key: str, expected: Digest | None, cancellation: Cancellation) -> S3Writer:
        writer = S3Writer(self._bucket, key, expected, cancellation, self._pool, self, self._part_size)
        with self._lock:
            self._writers[key] = writer
        return writer

    def landed(self, digest: Digest, size: int) -> None:
        self._sizes.note(digest, size)

    def left(self, writer: S3Writer) -> None:
        with self._lock:
            if self._writers.get(writer.key) is writer:
                del self._writers[writer.key]

    def partial_size(self, key: str) -> int:
        parts = Parts(self._bucket, key, self._pool)
        parts.look()
        return sum(each.size for each in parts.stored)

    def forget_partial(self, key: str) -> None:
        Parts(self._bucket, key, self._pool).forget()

    def all(self) -> Iterator[Digest]:
        for digest, size in self._listed(BLOBS):
            self._sizes.note(digest, size)
            yield digest

    def delete(self, digest: Digest) -> int:
        size = self._size(digest)
        if size is None:
            return 0
        self._bucket.delete([name_of(digest)])
        self._forget(digest)
        return size

    def unwanted(self, wanted: Collection[Digest]) -> Iterator[Unwanted]:
        # Without a grace time, nothing counts on the store's clock, which may be ahead of ours.
        latest = datetime.now(UTC) - timedelta(seconds=self.grace) if self.grace else datetime.max.replace(tzinfo=UTC)
        for folder in (BLOBS, UPSTREAM):
            for each in self._bucket.list(folder):
                digest = digest_of(each.key)
                if digest is not None and digest not in wanted and each.modified <= latest:
                    yield Unwanted(digest, each.size, folder == UPSTREAM)

    def delete_all(self, unwanted: Sequence[Unwanted]) -> Sequence[Unwanted]:
        """Delete up to a thousand by one request; a failure ends it."""
        names = [(_upstream_name if each.is_upstream else name_of)(each.digest) for each in unwanted]
        for each in unwanted:
            self._forget(each.digest)  # before: whoever looks meanwhile asks the store
        try:
            if names:
                self._bucket.delete(names)
        except StorageFailure as error:
            _log.warning("clean-up: %s", error)
            return ()
        finally:
            for each in unwanted:
                self._forget(each.digest)
        return unwanted

    def leftovers(self) -> Iterator[Leftover]:
        """The leftovers, including what was being composed when a node died, under the key of its download."""
        folders: dict[str, list[Stored]] = {}
        for each in self._bucket.list(UPLOADS):
            folders.setdefault(each.key.split("/")[1], []).append(each)
        for key, found in folders.items():
            size = sum(each.size for each in found if not each.key.endswith("/validator"))
            yield Leftover(key, key, size, max(each.modified for each in found))
        for name, upload, since in self._bucket.begun(BLOBS):
            digest = digest_of(name)
            yield Leftover(f"{_BEGUN}{upload}:{name}", digest.key if digest else None, 0, since)
        for each in self._bucket.list(QUARANTINE):
            yield Leftover(each.key.removeprefix(QUARANTINE), None, each.size, each.modified)

    def discard(self, leftover: Leftover) -> int:
        if leftover.name.startswith(_BEGUN):
            upload, _, name = leftover.name.removeprefix(_BEGUN).partition(":")
            try:
                self._bucket.abort(name, upload)
            except Missing:
                return 0
        elif leftover.key is None:
            self._bucket.delete([f"{QUARANTINE}{leftover.name}"])
        else:
            self.forget_partial(leftover.key)
        return leftover.size

    def audit(self, slice_: Slice = WHOLE) -> Sequence[Checked]:
        return audit(self._bucket, self._pool, slice_)

    def is_there(self, found: Checked) -> bool:
        try:
            self._bucket.head(found.place)
        except Missing:
            return False
        return True

    def set_aside(self, found: Checked) -> None:
        """Copy it through this node, since a store may copy a composed object by reference, as Swift does."""
        name = found.place.removeprefix(BLOBS).replace("/", "-")
        key = f"aside-{Digest.of(found.place.encode()).hex}"
        self.forget_partial(key)
        with (
            self.upload(key, None, Cancellation()) as writer,
            S3Reader(self._bucket, found.place, found.name) as reader,
        ):
            while piece := reader.read_some(_PIECE):
                writer.write(memoryview(piece))
            writer.store(f"{QUARANTINE}{name}")
        self._bucket.delete([found.place])
        digest = digest_of(found.place)
        if digest is not None:
            self._forget(digest)

    def place(self, digest: Digest) -> str:
        return name_of(digest)

    def keep_upstream(self, digest: Digest, raw: bytes) -> None:
        actual = Digest.of(raw, digest.algorithm)
        if actual != digest:
            raise DigestMismatch("manifest", str(digest), str(actual))
        self._bucket.put(_upstream_name(digest), raw)

    def kept_upstream(self, digest: Digest) -> bytes | None:
        try:
            with S3Reader(self._bucket, _upstream_name(digest), str(digest)) as reader:
                raw = reader.read()
        except ImageNotFound:
            return None
        return raw if Digest.of(raw, digest.algorithm) == digest else None

    def upstream(self, digest: Digest) -> bytes:
        raw = self.kept_upstream(digest)
        if raw is None:
            raise ImageNotFound(str(digest))
        return raw

    def upstream_size(self, digest: Digest) -> int:
        try:
            return self._bucket.head(_upstream_name(digest)).size
        except Missing:
            return 0

    def all_upstream(self) -> Iterator[Digest]:
        return (digest for digest, _ in self._listed(UPSTREAM))

    def forget_upstream(self, digest: Digest) -> int:
        size = self.upstream_size(digest)
        if size:
            self._bucket.delete([_upstream_name(digest)])
        return size

    def _size(self, digest: Digest) -> int | None:
        size = self._sizes.find(digest)
        if size is None:
            try:
                size = self._bucket.head(name_of(digest)).size
            except Missing:
                return None
            self._sizes.note(digest, size)
        return size

    def _reader(self, digest: Digest, offset: int) -> S3Reader:
        try:
            return S3Reader(
                self._bucket, name_of(digest), str(digest), offset, lambda size: self._cache.fill(digest, size)
            )
        except ImageNotFound:
            self._forget(digest)
            raise

    def _forget_sizes(self, digests: Iterable[Digest]) -> None:
        """What is leased is asked for again: another node may have deleted it since it was seen."""
        for digest in digests:
            self._sizes.forget(digest)

    def _forget(self, digest: Digest) -> None:
        self._sizes.forget(digest)
        self._cache.drop(digest)

    def _listed(self, folder: str) -> Iterator[tuple[Digest, int]]:
        for each in self._bucket.list(folder):
            digest = digest_of(each.key)
            if digest is not None:
                yield digest, each.size


def _upstream_name(digest: Digest) -> str:
    return f"{UPSTREAM}{digest.algorithm}/{digest.hex}"
