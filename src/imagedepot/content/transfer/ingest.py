"""One blob, from an upstream onto the disk: resume, hash, verify, rename. The one door for bytes.

A reconnect is a resume, whether the connection broke, the service was restarted or the power went (RFC 9110, 14).
Measured: blocking reads into one 256 KiB buffer, hashed and written inline, move bytes as fast as curl
(`docs/bench.md`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.pace import Pace
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.content.transfer.retry import Retry, RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import (
    Cancelled,
    ConnectionBroken,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    StorageUnavailable,
    UpstreamError,
)
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.download import PartStatus
from imagedepot.model.image import RemoteFile
from imagedepot.protocols import Blobs, BlobWriter, ByteStream, Fetcher, Lease

C = TypeVar("C", Descriptor, RemoteFile)
T = TypeVar("T")

_BUFFER = 1 << 18
_SPACE_EVERY = 1 << 20  # many downloads at a time: each may overshoot by this
_SIZE_SLACK = 1 << 16
"""By how many bytes a manifest may be wrong about the size of a blob whose digest is right."""


def digest_of(content: Descriptor | RemoteFile) -> Digest | None:
    """The digest that its bytes must have; None when it is not known."""
    return content.digest if isinstance(content, Descriptor) else content.sha256


def key_of(content: Descriptor | RemoteFile) -> str:
    """Its part key, which also names the partial file: never text from outside."""
    digest = digest_of(content)
    if digest is not None:
        return digest.key
    assert isinstance(content, RemoteFile)
    return f"url-{hashlib.sha256(content.url.encode()).hexdigest()}"


def _sizes(content: Descriptor | RemoteFile, total: int | None) -> tuple[int | None, int | None]:
    """How many bytes are expected, and how many are accepted at most; `total` is the size that the upstream reports.

    Raises `InvalidAnswer` when that is far more than was promised.
    """
    promised = content.size
    if promised is None or total == promised:
        return total, total
    slack = _SIZE_SLACK if digest_of(content) is not None else 0
    if total is None:
        return promised, promised + slack
    if total > promised + slack:
        raise InvalidAnswer(_wrong_size(content, total))
    return max(promised, total), total


def _check_size(content: Descriptor | RemoteFile, partial: BlobWriter, total: int | None, before: int | None) -> None:
    """Compare what came with what was promised.

    `total` and `before`: the size that the upstream reports now, and last time.

    A matching digest is enough. Raises `ConnectionBroken` when another try may bring the rest, `UpstreamError` when it
    did not, `InvalidAnswer` for more than was promised.
    """
    promised, came = content.size if content.size is not None else total, partial.offset
    if promised is None or came == promised or partial.digest() == digest_of(content):
        return
    if came > promised:
        partial.restart()
        raise InvalidAnswer(_wrong_size(content, came))
    if came == total == before:
        partial.restart()
        raise UpstreamError(_wrong_size(content, came))
    if came == total and before is not None:
        partial.restart()  # the upstream contradicts itself: a part sent as the whole, say. Ask without a range
    raise ConnectionBroken(f"The connection ended {promised - came:,} bytes early")


def _wrong_size(content: Descriptor | RemoteFile, total: int) -> str:
    if isinstance(content, Descriptor):
        return f"blob {content.digest.short}: the manifest promises {content.size:,} bytes, the registry has {total:,}"
    return f"The catalog promises a file of {content.size:,} bytes, the server has one of {total:,}"


class Ingest:
    """Fetches one blob or file at a time and thread; safe for many threads."""

    def __init__(self, blobs: Blobs, space: DiskSpace, throttle: Throttle, retry_policy: RetryPolicy) -> None:
        self._blobs = blobs
        self._space = space
        self._throttle = throttle
        self._retry_policy = retry_policy

    def pace(self) -> Pace:
        """A pace for all parts of one download."""
        return self._retry_policy.pace()

    def fetch(
        self,
        fetcher: Fetcher[C],
        content: C,
        lease: Lease,
        part: PartProgress,
        cancellation: Cancellation,
        received: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> Digest:
        """Make the content a blob and return its digest; at once when it is a blob already.

        `received` is called when nothing more is needed from the upstream and only the disk is waited for. `pace` is
        that of the whole download. Raises `DigestMismatch`, `StorageFailure`, `Cancelled`, or the upstream's error once
        all retries have failed.
        """
        digest = digest_of(content)
        if digest is not None:
            lease.pin([digest])
        else:
            lease.pin_partial(key_of(content))
        with self._blobs.turn(key_of(content), part, cancellation):
            if digest is not None and self._storing(lambda: self._is_here(content, digest), cancellation):
                part.finish(PartStatus.SHARED, self._blobs.size(digest))
                return digest
            found = self._storing(lambda: self._blobs.partial_size(key_of(content)), cancellation)
            part.bytes = found if content.size is None else min(found, content.size)
            part.status = PartStatus.VERIFYING  # what is here is hashed before it goes on
            with self._storing(
                lambda: self._blobs.upload(key_of(content), digest, cancellation), cancellation
            ) as partial:
                with (pace := pace or self.pace()).asking():
                    actual = self._fill(fetcher, content, partial, part, pace, cancellation)
                received()
                part.status = PartStatus.VERIFYING
                lease.pin([actual])
                self._storing(lambda: partial.commit(actual), cancellation)
            part.finish(PartStatus.DONE, self._blobs.size(actual))
            return actual

    def _storing(self, work: Callable[[], T], cancellation: Cancellation) -> T:
        """What `work` returns, once a storage that is away is back. Raises `StorageUnavailable` when it stays away."""
        retry: Retry | None = None
        while True:
            try:
                return work()
            except StorageUnavailable as error:
                retry = retry or self._retry_policy.begin()
                retry.failed(error, cancellation)

    def _is_here(self, content: Descriptor | RemoteFile, digest: Digest) -> bool:
        """Whether the blob is here.

        One of another size than promised is read: if it is damaged, it is deleted and fetched again; if it is whole,
        the promise is checked as for a blob that is fetched. Raises `UpstreamError`.
        """
        if not self._blobs.has(digest):
            return False
        size = self._blobs.size(digest)
        if content.size in (None, size):
            return True
        if not self._blobs.is_whole(digest):
            self._blobs.delete(digest)
            return False
        _sizes(content, size)
        return True

    def _fill(
        self,
        fetcher: Fetcher[C],
        content: C,
        partial: BlobWriter,
        part: PartProgress,
        pace: Pace,
        cancellation: Cancellation,
    ) -> Digest:
        """Connect and read until it is whole; after one wrong answer once more, from the first byte on.

        What is here is discarded only for bytes that arrive, or when it is proved wrong: an upstream that sends bad
        answers for a while costs nothing.
        """
        retry = self._retry_policy.begin()
        second_chance, from_start = True, False
        total: int | None = None
        while True:
            part.bytes = partial.offset
            part.status = PartStatus.DOWNLOADING
            try:
                if content.size is None or partial.offset != content.size:
                    before = total
                    total = self._read(fetcher, content, partial, part, retry, pace, cancellation, from_start)
                    _check_size(content, partial, total, before)
                return self._verified(content, partial)
            except (DigestMismatch, InvalidAnswer):
                cancellation.check()
                if not second_chance:
                    raise
                second_chance, from_start = False, True
            except Cancelled:
                raise
            except DepotError as error:
                part.status = PartStatus.WAITING
                retry.failed(error, cancellation)
                from_start = False

    def _read(
        self,
        fetcher: Fetcher[C],
        content: C,
        partial: BlobWriter,
        part: PartProgress,
        retry: Retry,
        pace: Pace,
        cancellation: Cancellation,
        from_start: bool,
    ) -> int | None:
        """Read one connection to its end or until it breaks, from where we are or, `from_start`, from the first byte.

        Returns the file's size in bytes, if the upstream reports it.
        """
        offset = 0 if from_start else partial.offset
        stream = fetcher.open(content, offset, partial.validator, cancellation)
        with closing(stream), cancellation.on_cancel(stream.close):
            if stream.start not in (0, offset):
                raise InvalidAnswer(f"The upstream sent bytes from {stream.start:,}, not {offset:,}")
            if stream.start != partial.offset:
                partial.restart()
            if not isinstance(content, Descriptor) and content.sha256 is None and partial.offset == 0:
                partial.note(stream.validator)
            size, most = _sizes(content, stream.total)
            part.size = size
            partial.expect(size)
            if size is not None:
                self._space.check(size - partial.offset, "The download")
            self._pour(stream, partial, part, most, retry, pace, cancellation)
            return stream.total

    def _pour(
        self,
        stream: ByteStream,
        partial: BlobWriter,
        part: PartProgress,
        most: int | None,
        retry: Retry,
        pace: Pace,
        cancellation: Cancellation,
    ) -> None:
        """The hot loop: nothing per chunk but read, write, hash and one attribute."""
        buffer = memoryview(bytearray(_BUFFER))
        throttle = self._throttle
        look_at = partial.offset + _SPACE_EVERY
        view = buffer
        while True:
            if throttle.rate is not None:
                view = buffer[: throttle.piece(_BUFFER)]
            count = stream.readinto(view)
            if not count:
                return
            cancellation.check()
            if most is not None and partial.offset + count > most:
                partial.restart()
                raise InvalidAnswer(f"The upstream sent more than the {most:,} bytes that it promised")
            partial.write(buffer[:count])
            part.bytes = partial.offset
            retry.reached(partial.offset)
            pace.took(count)
            if throttle.rate is not None:
                with pace.resting():
                    throttle.take(count, cancellation)
            if partial.offset >= look_at:
                look_at = partial.offset + _SPACE_EVERY
                self._space.check(0, "The download")

    def _verified(self, content: Descriptor | RemoteFile, partial: BlobWriter) -> Digest:
        actual, expected = partial.digest(), digest_of(content)
        if expected is not None and actual != expected:
            partial.restart()
            partial.note(None)
            raise DigestMismatch(f"blob {expected.short}", str(expected), str(actual))
        return actual
