"""Bytes of an open file for clients of `/v2/`, which the server may send by itself."""

from __future__ import annotations

import os
from typing import BinaryIO

from imagedepot.errors import StorageFailure


class FileBytes:
    """`protocols.BlobBytes` of a file, which `close` closes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.descriptor: int | None = file.fileno()

    def read_at(self, offset: int, size: int) -> bytes:
        try:
            piece = os.pread(self._file.fileno(), size, offset)
        except OSError as error:
            raise StorageFailure(f"Cannot read a blob: {error.strerror}") from error
        if not piece:
            raise StorageFailure(f"A blob ends too early, at byte {offset:,}")
        return piece

    def close(self) -> None:
        self._file.close()
