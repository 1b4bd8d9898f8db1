"""Free disk space, with a reserve that downloads leave alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imagedepot.errors import StorageFailure

RESERVE = 256 << 20


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the file system that holds the data folder."""

    free: int
    total: int
    reserve: int


class DiskSpace:
    """`reserve` bytes stay free, so that the host's other programs go on; `free` is for tests to inject."""

    def __init__(self, folder: Path, reserve: int = RESERVE, free: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._reserve = reserve
        self._free = free

    def now(self) -> Space:
        """Raises `StorageFailure`."""
        try:
            usage = shutil.disk_usage(self._folder)
        except OSError as error:
            raise StorageFailure(f"Cannot look at the data folder {self._folder}: {error.strerror}") from error
        return Space(self._free() if self._free else usage.free, usage.total, self._reserve)

    def check(self, needed: int, what: str) -> None:
        """Raises `StorageFailure` when `needed` more bytes would touch the reserve."""
        space = self.now()
        if needed > space.free - space.reserve:
            raise StorageFailure(
                f"{what} needs {needed / 1e6:,.1f} MB, but only {max(0, space.free - space.reserve) / 1e6:,.1f} MB are "
                f"free on the data folder's disk (beside a reserve of {space.reserve / 1e6:,.0f} MB)"
            )
