"""A layer that is packed with zstd, as the tar file that is in it."""

from __future__ import annotations

from types import TracebackType
from typing import IO, Self, cast

import zstandard

from imagedepot.errors import InvalidAnswer
from imagedepot.protocols import BlobReader

_LARGEST_WINDOW = 128 << 20  # bytes of memory that a hostile header may ask for; what `zstd -d` takes without a flag
_CHUNK = 1 << 18
_NO_BOMB = 1 << 30  # bytes that every layer may unpack to
_LARGEST_RATIO = 1000  # of larger ones; a layer of nothing but zeros has 30,000


class UnpackedLayer:
    """A `BlobReader` of what `packed` unpacks to, from `offset` on. Closes `packed`."""

    def __init__(self, packed: BlobReader, offset: int = 0) -> None:
        self._packed = packed
        unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._plain = unpacker.stream_reader(cast(IO[bytes], packed), read_across_frames=True, closefd=False)
        while offset > 0:
            skipped = len(self.read(min(offset, _CHUNK)))
            if not skipped:
                break
            offset -= skipped

    def read(self, size: int = -1, /) -> bytes:
        """Raises `InvalidAnswer` for what is not zstd, or is cut off."""
        try:
            return bytes(self._plain.read(size))
        except zstandard.ZstdError as error:
            raise InvalidAnswer(f"A layer cannot be unpacked: {error}") from error

    def readinto(self, buffer: bytearray | memoryview, /) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._packed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self.close()


def unpacked_size(packed: BlobReader, packed_size: int) -> int:
    """How many bytes it unpacks to; reads all of it. Raises `InvalidAnswer`, also for a bomb: one of a megabyte would
    keep a thread busy for minutes."""
    most = max(_NO_BOMB, packed_size * _LARGEST_RATIO)
    size = 0
    with UnpackedLayer(packed) as plain:
        while chunk := plain.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise InvalidAnswer(
                    f"A layer of {packed_size:,} bytes unpacks to more than {most:,}: take an oci-archive, "
                    f"which has it as it is"
                )
    return size
