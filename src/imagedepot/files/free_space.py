"""Free disk space, with a reserve that downloads leave alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imagedepot.errors import StorageFailure

RESERVE = 256 << 20
SPARE = "spare"  # a file in the data folder
_SPARE_BYTES = 8 << 20
_FULL = 2 << 20


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the file system that holds the data folder."""

    free: int
    total: int
    reserve: int


class DiskSpace:
    """Keeps `reserve` bytes free for the host's other programs. Tests inject `free`.

    `holds_blobs`: whether what is downloaded comes to this disk; else only the reserve is looked at.
    """

    def __init__(
        self,
        folder: Path,
        reserve: int = RESERVE,
        free: Callable[[], int] | None = None,
        holds_blobs: bool = True,
    ) -> None:
        self._folder = folder
        self._reserve = reserve
        self._free = free
        self._holds_blobs = holds_blobs

    def now(self) -> Space:
        """Raises `StorageFailure`."""
        try:
            usage = shutil.disk_usage(self._folder)
        except OSError as error:
            raise StorageFailure(f"Cannot look at the data folder {self._folder}: {error.strerror}") from error
        return Space(self._free() if self._free else usage.free, usage.total, self._reserve)

    def check_usable(self) -> None:
        """Raises `StorageFailure` when nothing can be downloaded: the disk is full up to the reserve, or read-only."""
        space = self.now()
        if space.free <= space.reserve:
            raise StorageFailure(
                f"The data folder's disk is full: {space.free / 1e6:,.0f} MB are free, and the reserve is "
                f"{space.reserve / 1e6:,.0f} MB"
            )
        if os.statvfs(self._folder).f_flag & os.ST_RDONLY:
            raise StorageFailure("The data folder's disk is read-only")

    def make_room(self) -> None:
        """Delete the spare file while the disk is full, and make it again once there is room.

        Called before what must work on a full disk: a start, a removal, a change of the database.
        """
        spare = self._folder / SPARE
        with suppress(OSError):  # a missing spare file matters only when the disk is full
            disk = os.statvfs(self._folder)
            free = disk.f_bavail * disk.f_frsize
            if free < _FULL:
                spare.unlink(missing_ok=True)
            elif free > self._reserve + _SPARE_BYTES and not spare.exists():
                descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    os.posix_fallocate(descriptor, 0, _SPARE_BYTES)
                finally:
                    os.close(descriptor)

    def check(self, needed: int, what: str) -> None:
        """Raises `StorageFailure` when `needed` more bytes would touch the reserve."""
        needed = needed if self._holds_blobs else 0
        space = self.now()
        if needed > space.free - space.reserve:
            full = StorageFailure(
                f"{what} needs {needed / 1e6:,.1f} MB, but only {max(0, space.free - space.reserve) / 1e6:,.1f} MB is "
                f"available ({space.reserve / 1e6:,.0f} MB is kept in reserve)"
            )
            full.missing = needed - (space.free - space.reserve)
            raise full
