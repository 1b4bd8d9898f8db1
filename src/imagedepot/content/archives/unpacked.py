"""A file, compressed or not, as bytes that are read once, from the first to the last.

What grows beyond all measure when it is unpacked is refused, as is a compressor that wants too much memory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

import zstandard

from imagedepot.errors import InvalidAnswer, StorageFailure

CHUNK = 1 << 18
_MOST_MEMORY = 256 << 20
_LEAST_LIMIT = 1 << 30
_MOST_GROWTH = 100
_LARGEST = 64 << 30
_LONGEST_HEADER = 1 << 17
_MANY_DIGITS = re.compile(rb"[0-9]{100}")


class Packing(StrEnum):
    PLAIN = "plain"
    GZIP = "gzip"
    XZ = "xz"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    SQUASHFS = "squashfs"


_MAGIC = {
    b"\x1f\x8b": Packing.GZIP,
    b"\xfd7zXZ\x00": Packing.XZ,
    b"\x28\xb5\x2f\xfd": Packing.ZSTD,
    b"BZh": Packing.BZIP2,
    b"hsqs": Packing.SQUASHFS,
}


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


Tick = Callable[[], None]


def packing_of(path: Path) -> Packing:
    """How a file is compressed, by its first bytes, whatever it is called."""
    with _opened(path) as file:
        return packing_by(file.read(8))


def packing_by(head: bytes) -> Packing:
    """How a file with these first bytes is compressed."""
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), Packing.PLAIN)


class Unpacked:
    """`what` is for sentences; `tick` is called before each read of the source (to cancel, to count).

    It has what `tarfile` needs of a file, but never goes back. While `allowance` is set, only so many bytes may be
    asked for: tarfile keeps headers in memory, and a hostile header claims to be gigabytes.
    """

    def __init__(self, source: Readable, what: str, limit: int, tick: Tick) -> None:
        self._source = source
        self.what = what
        self._limit = limit
        self._tick = tick
        self._position = 0
        self.allowance: int | None = None
        self.last = b""

    def grant_header(self) -> None:
        self.allowance = _LONGEST_HEADER

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end. Raises `InvalidAnswer` for broken or too much data."""
        if self.allowance is not None:
            self.allowance -= size
            if self.allowance < 0:
                raise InvalidAnswer(f"{self.what}: a header in it is too long")
        parts: list[bytes] = []
        missing = size
        while missing > 0 and (part := self._more(min(missing, CHUNK))):
            parts.append(part)
            missing -= len(part)
        self.last = parts[0] if len(parts) == 1 else b"".join(parts)
        if self.allowance is not None and size > 512 and _MANY_DIGITS.search(self.last):
            raise InvalidAnswer(f"{self.what}: a header in it makes no sense")  # tarfile would search it for hours
        return self.last

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> int:
        if position < self._position:
            raise InvalidAnswer(f"{self.what}: a size in it makes no sense")
        while self._position < position and self._more(min(position - self._position, CHUNK)):
            pass
        return self._position

    def _more(self, size: int) -> bytes:
        self._tick()
        try:
            part = self._source.read(size)
        except (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
            raise InvalidAnswer(f"{self.what}: it is damaged ({error})") from error
        except OSError as error:
            if error.errno is None:  # gzip and bz2 call broken data so
                raise InvalidAnswer(f"{self.what}: it is damaged ({error})") from error
            raise StorageFailure(f"Cannot read {self.what}: {error.strerror}") from error
        self._position += len(part)
        if self._position > self._limit:
            raise InvalidAnswer(f"{self.what}: it grows to more than {self._limit / 1e9:,.1f} GB: refused")
        return part


def limit_for(size: int) -> int:
    """The bytes that a file of `size` bytes may unpack to."""
    return min(max(_LEAST_LIMIT, size * _MOST_GROWTH), _LARGEST)


@contextmanager
def unpacked(path: Path, what: str, tick: Tick) -> Iterator[Unpacked]:
    """The bytes in `path`; a squashfs is not unpacked here."""
    packing = packing_of(path)
    with _opened(path) as file:
        limit = limit_for(path.stat().st_size)
        with closing(decompressed(file, packing, tick)) as source:
            yield Unpacked(source, what, limit, tick)


def decompressed(file: IO[bytes], packing: Packing, tick: Tick) -> IO[bytes] | gzip.GzipFile | _Xz:
    """The bytes in `file`. Errors of the libraries are raised as they are: read it through `Unpacked`."""
    if packing is Packing.GZIP:
        return gzip.GzipFile(fileobj=file, mode="rb")
    if packing is Packing.BZIP2:
        return bz2.BZ2File(file)
    if packing is Packing.ZSTD:
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MOST_MEMORY)
        return decompressor.stream_reader(file, read_across_frames=True)
    return _Xz(file, tick) if packing is Packing.XZ else file


class _Xz:
    """Like `lzma.LZMAFile`, with a limit of memory. `tick` may stop the reading, also of a file of empty streams."""

    def __init__(self, file: IO[bytes], tick: Tick) -> None:
        self._file = file
        self._tick = tick
        self._decoder = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)

    def read(self, size: int, /) -> bytes:
        while True:
            self._tick()
            waiting = b""
            if self._decoder.eof:
                waiting = self._decoder.unused_data.lstrip(b"\0") or self._file.read(CHUNK).lstrip(b"\0")
                if not waiting:
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)
            elif self._decoder.needs_input:
                waiting = self._file.read(CHUNK)
                if not waiting:
                    raise EOFError("it ends too early")
            if found := self._decoder.decompress(waiting, size):
                return found

    def close(self) -> None:
        """Do nothing: the owner of the file closes it."""


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise StorageFailure(f"Cannot read {path}: {error.strerror}") from error
    with file:
        yield file
