"""Restores a data folder from a backup: everything is read, checked and written beside, then put in place at once."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imagedepot.backup.archive import ArchiveReader, Member
from imagedepot.backup.commit import STAGING, commit, discard, staged
from imagedepot.backup.members import digest_of, is_state, mode_of
from imagedepot.database.copy import check_database, check_revision
from imagedepot.database.stored import DATABASE
from imagedepot.errors import Conflict, InvalidInput
from imagedepot.files.atomic import storage_errors
from imagedepot.files.free_space import SPARE, DiskSpace
from imagedepot.files.locks import data_dir_lock
from imagedepot.model.digest import Digest

STDIN = "-"
_PIECE = 1 << 20
_NOT_CONTENT = {"lock", SPARE, STAGING, "lost+found"}


@dataclass(frozen=True, slots=True)
class Restored:
    """`damaged`: blobs that were not what their digest says when the backup was made; they were left out."""

    files: int
    bytes: int
    with_blobs: bool
    made: str
    version: str
    damaged: Collection[Digest]


def restore(data: Path, file: str, replace: bool = False) -> Restored:
    """Make `data` what it was when `file` was made; `-` is standard input. `replace`: also where there is something.

    Until everything has been checked, and after every failure, `data` is what it was. Raises `Conflict`,
    `DataFolderBusy`, `InvalidInput`, `StorageFailure`.
    """
    title = "The backup" if file == STDIN else file
    with _input(file) as source, data_dir_lock(data):
        if not replace and has_content(data):
            raise Conflict(
                f"The data folder {data} is not empty: name another one with --data-dir, or add --replace to put the "
                f"backup in the place of what is there"
            )
        discard(data)
        archive = ArchiveReader(source, title)
        check_revision(archive.head.revision, title, archive.head.version)
        try:
            files, size, damaged = _stage(data, archive)
            if (staged(data) / DATABASE).exists():
                check_database(staged(data) / DATABASE, title)
            state = [name for name in files if is_state(name)]
        except BaseException:
            discard(data)
            raise
        commit(data, state)
    head = archive.head
    return Restored(len(files) - len(damaged), size, head.with_blobs, head.made, head.version, damaged)


def _stage(data: Path, archive: ArchiveReader) -> tuple[list[str], int, list[Digest]]:
    """Write all members beside the data: (names, bytes of all, damaged blobs)."""
    space = DiskSpace(data)
    files, size, damaged = [], 0, []
    with storage_errors(staged(data)):
        staged(data).mkdir(parents=True, mode=0o700)
    for member in archive.members():
        space.check(member.size, "The backup")
        digest = digest_of(member.name)
        if not _write(staged(data) / member.name, member, digest) and digest is not None:
            damaged.append(digest)
        files.append(member.name)
        size += member.size
    return files, size, damaged


def _write(path: Path, member: Member, digest: Digest | None) -> bool:
    """Write a blob; False, and nothing is kept, if its digest is wrong. Raises `InvalidInput`, `StorageFailure`."""
    hashed = digest.hasher() if digest else hashlib.sha256()
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            path.chmod(mode_of(member.name))
            left = member.size
            while left:
                piece = member.content.read(min(_PIECE, left))
                if not piece:
                    raise InvalidInput(f"{member.name} ends too early: the backup was cut off")
                hashed.update(piece)
                file.write(piece)
                left -= len(piece)
            file.flush()
            os.fsync(file.fileno())
        if digest is not None and hashed.hexdigest() != digest.hex:
            path.unlink()
            return False
    return True


def has_content(data: Path) -> bool:
    """Whether the data folder has files. Empty folders do not count: every start makes them."""
    with storage_errors(data):
        return any(_has_file(path) for path in data.iterdir() if path.name not in _NOT_CONTENT)


def _has_file(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return True
    return any(map(_has_file, path.iterdir()))


@contextmanager
def _input(file: str) -> Iterator[IO[bytes]]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below; only its opening is a mistake of the user
    except OSError as error:
        raise InvalidInput(f"Cannot read the backup {file}: {error.strerror}") from error
    with source:
        yield source
