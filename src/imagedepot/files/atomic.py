"""Writes small files atomically: after a power cut a file has either its old content or its new one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagedepot.errors import StorageFailure


def write_durably(path: Path, content: bytes, mode: int = 0o644, sync: Callable[[Path], None] | None = None) -> None:
    """Write beside, fsync, rename over, fsync the folder. Raises `StorageFailure`; then the old content is in place.

    `sync` makes the rename durable; tests pass one that fails.
    """
    before = path.with_name(f".{path.name}.before")
    is_new = not path.exists()
    with suppress(OSError):
        before.unlink(missing_ok=True)
        os.link(path, before)  # costs no space; a file system without links keeps the new content after a failed fsync
    try:
        write_whole(path, content, mode)
        with storage_errors(path):
            try:
                (sync or sync_folder)(path.parent)
            except OSError:
                with suppress(OSError):
                    if is_new:
                        path.unlink()
                    else:
                        before.replace(path)
                raise
    finally:
        with suppress(OSError):
            before.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, mode: int = 0o644, beside: Path | None = None, synced: bool = True) -> None:
    """Write `beside` (on the same disk), fsync and rename over; the rename itself may be lost in a power cut.

    Not even `synced`: for what is checked when it is read. One thread at a time for each path: two would write one
    file beside it. Raises `StorageFailure`.
    """
    beside = beside or path.with_name(f".{path.name}.new")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if synced:
                    os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            with suppress(OSError):
                beside.unlink()  # half a file would take up space that a full disk needs
            raise


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Re-raise OSError as StorageFailure."""
    try:
        yield
    except OSError as error:
        raise StorageFailure(f"Cannot write {path.name}: {error.strerror}") from error


def is_full(error: BaseException) -> bool:
    """Whether a `StorageFailure` means that the disk is full or the user's quota is used up."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)


def sync_folder(folder: Path) -> None:
    """Make the renames in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
