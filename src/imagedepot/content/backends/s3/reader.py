"""Bytes of blobs out of the bucket, going on after a connection that broke."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from imagedepot.content.backends.s3.bucket import Body, Bucket, Changed, Missing
from imagedepot.content.backends.s3.cache import Filling
from imagedepot.content.backends.s3.parts import part_of
from imagedepot.content.backends.s3.writer import S3Writer
from imagedepot.errors import ImageNotFound, StorageFailure, StorageUnavailable
from imagedepot.model.digest import Digest
from imagedepot.protocols import BlobBytes

_BREAKS = 3
_PIECE = 1 << 20


class S3Reader:
    """`protocols.BlobReader` of one object; `what` names it in a failure. `fill` gets a file of the
    cache for a blob of so many bytes, where it is read whole."""

    def __init__(
        self,
        bucket: Bucket,
        name: str,
        what: str,
        offset: int = 0,
        fill: Callable[[int], Filling | None] | None = None,
    ) -> None:
        self.offset = offset
        self._bucket = bucket
        self._name = name
        self._what = what
        self._breaks = _BREAKS
        self._body: Body | None = None
        self._body = self._open(None)
        self._etag = self._body.etag
        self._filling = fill(self._body.left) if fill is not None and not offset else None

    def read(self, size: int = -1, /) -> bytes:
        pieces: list[bytes] = []
        while size < 0 or size > 0:
            piece = self.read_some(_PIECE if size < 0 else min(size, _PIECE))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece) if size > 0 else 0
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]

    def readinto(self, buffer: bytearray | memoryview, /) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def read_some(self, size: int) -> bytes:
        """At most `size` bytes, as they come; empty at the end."""
        while True:
            if self._body is None:
                self._body = self._open(self._etag)
            try:
                piece = self._body.read(size)
            except StorageUnavailable:
                self._body.close()
                self._body = None
                if not self._breaks:
                    raise
                self._breaks -= 1
                continue
            self.offset += len(piece)
            self._breaks = _BREAKS  # a slow client may outlast many connections
            if self._filling is not None and piece:
                self._filling.write(piece)
            return piece

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        if self._filling is not None:
            self._filling.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, etag: str | None) -> Body:
        try:
            return self._bucket.get(self._name, self.offset, etag)
        except (Missing, Changed):
            raise ImageNotFound(self._what) from None


class S3Bytes:
    """`protocols.BlobBytes` of a blob: one request as long as what is read follows what was read."""

    descriptor: int | None = None

    def __init__(self, open_at: Callable[[int], S3Reader], offset: int) -> None:
        self._open_at = open_at
        self._reader: S3Reader | None = open_at(offset)

    def read_at(self, offset: int, size: int) -> bytes:
        if self._reader is None or self._reader.offset != offset:
            self.close()
            self._reader = self._open_at(offset)
        piece = self._reader.read_some(size)
        if not piece:
            raise StorageFailure(f"A blob ends too early, at byte {offset:,}")
        return piece

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class GrowingS3Bytes:
    """`protocols.BlobBytes` of what is being written: from the writer's memory where it is of this process, from its
    parts, then from the blob.

    `writer` returns the writer while there is one, `blob` serves the blob from an offset once there is one.
    """

    descriptor: int | None = None

    def __init__(
        self,
        bucket: Bucket,
        key: str,
        digest: Digest,
        writer: Callable[[], S3Writer | None],
        blob: Callable[[int], BlobBytes],
        part_size: int,
    ) -> None:
        self._part_size = part_size
        self._bucket = bucket
        self._key = key
        self._digest = digest
        self._writer = writer
        self._open_blob = blob
        self._blob: BlobBytes | None = None
        self._part: S3Reader | None = None
        self._part_ends = self._at = 0

    def read_at(self, offset: int, size: int) -> bytes:
        if self._blob is None:
            piece = self._recent(offset, size) or self._stored(offset, size) or self._recent(offset, size)
            if piece:
                return piece
            self._blob = self._open_blob(offset)
        return self._blob.read_at(offset, size)

    def close(self) -> None:
        self._close_part()
        if self._blob is not None:
            self._blob.close()

    def _recent(self, offset: int, size: int) -> bytes | None:
        writer = self._writer()
        return writer.recent(offset, size) if writer is not None else None

    def _stored(self, offset: int, size: int) -> bytes | None:
        """Bytes from a stored part; None where there is none (any more)."""
        try:
            if self._part is None or self._at != offset or offset >= self._part_ends:
                self._close_part()
                number, begin = divmod(offset, self._part_size)
                self._part = S3Reader(self._bucket, part_of(self._key, number), str(self._digest), begin)
                self._at, self._part_ends = offset, (number + 1) * self._part_size
            piece = self._part.read_some(size)
        except ImageNotFound:
            return None
        self._at += len(piece)
        return piece

    def _close_part(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None
