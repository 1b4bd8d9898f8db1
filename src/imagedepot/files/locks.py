"""The data folder's lock, held by one process at a time (`flock`, released when it ends), and its control socket."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagedepot.errors import DataFolderBusy, StorageFailure

CONTROL_SOCKET = "control.sock"
"""How the command line reaches the running service."""


@contextmanager
def short_path(folder: Path, name: str) -> Iterator[Path]:
    """A path of `name` in `folder` that fits into the 108 bytes of a socket's address, however deep the folder is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{descriptor}/{name}")
    finally:
        os.close(descriptor)


@contextmanager
def data_dir_lock(folder: Path) -> Iterator[Path]:
    """Hold the data folder, and make it, readable only by its owner, when it is missing.

    Raises `DataFolderBusy`, `StorageFailure`."""
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
        with contextlib.suppress(OSError):  # a full disk: the holder's process id is only a help for people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield folder
    finally:
        os.close(descriptor)
