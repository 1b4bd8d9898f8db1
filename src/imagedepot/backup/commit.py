"""Puts a restored state in place of the old one. If it is killed, the next start completes it.

DATA_DIR/restore/
  files/…       what is to be put in place, under the names that it will have
  committed     the names of the state that the backup has; once it is here, there is no way back

Blobs are named by digest: those of the backup join those that are here, and a clean-up takes what nothing needs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from imagedepot.backup.members import LXC_INDEX, OCI_INDEX, STATE, UNFINISHED, mode_of
from imagedepot.database.stored import DATABASE
from imagedepot.files.atomic import storage_errors, sync_folder, write_durably
from imagedepot.files.locks import data_dir_lock

STAGING = "restore"
_FILES = "files"
_COMMITTED = "committed"
_DERIVED = (*(f"{DATABASE}{end}" for end in ("-wal", "-shm", "-journal")), f"{OCI_INDEX}.bak", f"{LXC_INDEX}.bak")
"""What belongs to the old state and is in no backup."""


def staged(data: Path) -> Path:
    """The folder that restored files are written to first."""
    return data / STAGING / _FILES


def discard(data: Path) -> None:
    """Delete what a restore left behind that ended before `commit`. Raises `StorageFailure`."""
    with storage_errors(data / STAGING), suppress(FileNotFoundError):
        shutil.rmtree(data / STAGING)


def commit(data: Path, state: Collection[str]) -> None:
    """Put everything that is staged (and synced) in place; `state`: what of it is no blob. Raises `StorageFailure`."""
    with storage_errors(data / STAGING):
        for folder in {file.parent for file in _files_below(staged(data))}:
            sync_folder(folder)
    write_durably(data / STAGING / _COMMITTED, json.dumps(sorted(state)).encode())
    _finish(data)


def finish_pending(data: Path) -> None:
    """Complete a restore that was killed after its commit; otherwise this only looks for one file.

    Raises `DataFolderBusy`, `StorageFailure`.
    """
    if (data / STAGING / _COMMITTED).exists():
        with data_dir_lock(data):
            if (data / STAGING / _COMMITTED).exists():
                _finish(data)


def _finish(data: Path) -> None:
    """Put the staged files in place; it may be killed at any point and run again."""
    with storage_errors(data / STAGING):
        wanted = set(json.loads((data / STAGING / _COMMITTED).read_bytes()))
        for old in _old_state(data):
            if old not in wanted:
                (data / old).unlink(missing_ok=True)
        shutil.rmtree(data / "lxc/ready", ignore_errors=True)
        names = sorted(file.relative_to(staged(data)) for file in _files_below(staged(data)))
        for name in names:
            _put(data, staged(data) / name, name)
        _give_to_owner(data, data / "lock")
        for folder in {name.parent for name in names}:
            sync_folder(data / folder)
        with suppress(FileNotFoundError):  # gone already, if the last run ended right here
            shutil.rmtree(staged(data))
        (data / STAGING / _COMMITTED).unlink()
        (data / STAGING).rmdir()


def _old_state(data: Path) -> Iterator[str]:
    yield from (*_DERIVED, *STATE)
    notes = data / UNFINISHED
    yield from (f"{UNFINISHED}/{note.name}" for note in (list(notes.iterdir()) if notes.is_dir() else ()))


def _files_below(folder: Path) -> list[Path]:
    return [Path(found, name) for found, _, names in os.walk(folder) for name in names]


def _put(data: Path, file: Path, name: Path) -> None:
    target = data / name
    for folder in reversed(name.parents[:-1]):
        if not (data / folder).is_dir():
            (data / folder).mkdir(mode=0o700 if folder.name == "tls" else 0o755)
            _give_to_owner(data, data / folder)
    file.chmod(mode_of(str(name)))
    _give_to_owner(data, file)
    file.replace(target)


def _give_to_owner(data: Path, path: Path) -> None:
    """Give what root restored to the owner of the data folder, as whom the service runs."""
    if os.geteuid() == 0:
        owner = data.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
