"""Decodes bodies that a server compressed although it was asked not to (`Content-Encoding`, RFC 9110, 8.4)."""

from __future__ import annotations

import zlib
from typing import Protocol

from imagedepot.errors import ConnectionBroken, InvalidAnswer

_DECODED = ("gzip", "x-gzip", "deflate")
_WINDOW = 32 + zlib.MAX_WBITS  # zlib detects gzip or deflate by the first bytes
_PIECE = 1 << 16


class Body(Protocol):
    """The encoded body."""

    def readinto(self, buffer: memoryview) -> int: ...

    def close(self) -> None: ...


def encoding_of(header: str) -> str:
    """The one encoding that a `Content-Encoding` header names; "" for none."""
    names = [name.strip().lower() for name in header.split(",")]
    return ", ".join(name for name in names if name not in ("", "identity"))


def check_encoding(encoding: str, where: str) -> None:
    """Raises `InvalidAnswer` for an encoding that cannot be decoded here. `where` is the server's `host[:port]`."""
    if encoding and encoding not in _DECODED:
        raise InvalidAnswer(f"{where} compresses its answer as {encoding[:40]!r}, which it was asked not to do")


class DecodedStream:
    """A `protocols.ByteStream` of the decoded bytes. Never more than the caller's buffer is decoded at a time.

    It has no `total` and no `validator`: a range of the encoded bytes is not a range of the decoded ones.
    """

    start = 0
    total: int | None = None
    validator: str | None = None

    def __init__(self, body: Body, where: str) -> None:
        self._body = body
        self._where = where
        self._decoder = zlib.decompressobj(_WINDOW)
        self._packed = b""
        self._begun = False

    def readinto(self, buffer: memoryview) -> int:
        """Raises `ConnectionBroken` when the body ends early, `InvalidAnswer` for one that is not validly encoded."""
        while self._begun or self._fill():
            try:
                unpacked = self._decoder.decompress(self._packed, len(buffer))
            except zlib.error as error:
                raise InvalidAnswer(f"{self._where} sent bytes that are not compressed as it says") from error
            self._packed = self._decoder.unconsumed_tail or self._decoder.unused_data
            self._begun = not self._decoder.eof
            if self._decoder.eof:  # another gzip member may follow
                self._decoder = zlib.decompressobj(_WINDOW)
            if unpacked:
                buffer[: len(unpacked)] = unpacked
                return len(unpacked)
            if self._begun and not self._packed and not self._fill():
                raise ConnectionBroken(f"The connection to {self._where} ended early")
        return 0

    def _fill(self) -> bool:
        """Read more encoded bytes; False at the end of the body."""
        if not self._packed:
            piece = memoryview(bytearray(_PIECE))
            self._packed = bytes(piece[: self._body.readinto(piece)])
        self._begun = self._begun or bool(self._packed)
        return bool(self._packed)

    def close(self) -> None:
        self._body.close()
