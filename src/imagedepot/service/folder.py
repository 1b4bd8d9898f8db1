"""The data folder belongs to one process at a time: the service, or one command (`flock`, gone with its process)."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagedepot.errors import DataFolderBusy, StorageFailure


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Made when it is not there, readable for its owner alone. Raises `DataFolderBusy`, `StorageFailure`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageFailure(f"Cannot use the data folder {folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            by = f" (process {owner})" if owner.isdigit() else ""
            raise DataFolderBusy(f"The data folder {folder} is in use by another Image Depot{by}") from None
        with contextlib.suppress(OSError):  # a full disk: who holds it is only a help for people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield folder
    finally:
        os.close(descriptor)
