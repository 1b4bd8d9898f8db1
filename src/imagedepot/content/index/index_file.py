"""An index as one JSON file with a copy beside it: lost or broken, it is read from the copy; on a full disk, the copy's
room is what a removal needs.

    index.json          the truth; replaced as a whole
    index.json.bak      the same content, written after it; may be one change behind after a power cut
    index.json.broken   what was found in place of an index, for people to look at
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from imagedepot.errors import StorageFailure
from imagedepot.files.atomic import is_full, storage_errors, write_durably, write_whole

T = TypeVar("T")
Write = Callable[[Path, bytes], None]


class IndexFile(Generic[T]):
    """`parse` raises `ValueError` for what is not such an index; `write` replaces a file durably."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], write: Write = write_durably) -> None:
        self.path = path
        self.copy = path.with_name(f"{path.name}.bak")
        self._broken = path.with_name(f"{path.name}.broken")
        self._parse = parse
        self._write = write

    def load(self) -> tuple[T | None, str]:
        """(the index or None, why it is not from the file itself or ""). Raises `StorageFailure`.

        A file that cannot be read (no right, a bad disk) is a failure: it may be whole, and must not be replaced.
        """
        try:
            content = _read(self.path)
            if content is not None:
                return self._parse(content), ""
            loss = "is missing"
        except ValueError as error:
            loss = str(error) or "is broken"
            with storage_errors(self._broken):
                self.path.replace(self._broken)
        return self.load_copy(), loss

    def load_copy(self) -> T | None:
        """The index from the copy; None without a usable one."""
        with suppress(ValueError, StorageFailure):
            content = _read(self.copy)
            return None if content is None else self._parse(content)
        return None

    def save(self, content: bytes) -> None:
        """Replace it as a whole. Raises `StorageFailure`; then it is what it was.

        On a full disk the copy gives up its room. Where that is not enough, content that is not longer than the
        present one overwrites it in place: JSON may end in blanks.
        """
        try:
            self._write(self.path, content)
        except StorageFailure as error:
            if not is_full(error):
                raise
            with suppress(OSError):
                self.copy.unlink(missing_ok=True)
            try:
                self._write(self.path, content)
            except StorageFailure as again:
                if not is_full(again) or not _overwritten(self.path, content):
                    raise
        # Not synced: the index itself is. A copy that cannot be written now is written with the next change.
        with suppress(StorageFailure):
            write_whole(self.copy, content, synced=False)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailure(f"Cannot read {path}: {error.strerror}") from error


def _overwritten(path: Path, content: bytes) -> bool:
    """Overwrite the file in place; False if the content is too large for the room that it has."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            if len(content) > size:
                return False
            os.pwrite(descriptor, content.ljust(size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True
