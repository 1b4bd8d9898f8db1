"""Logos of repositories: small pictures of one colour, made on demand."""

from __future__ import annotations

import hashlib
import struct
import zlib

from tests.fakes.message import Answer, Request

PREFIX = "/logos/"
_SIDE = 64


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def logo(request: Request) -> Answer:
    """A PNG whose colour follows from its path."""
    colour = hashlib.sha256(request.path.encode()).digest()[:3]
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + colour * _SIDE) * _SIDE)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return Answer.of(200, b"\x89PNG\r\n\x1a\n" + b"".join(parts), "image/png")
