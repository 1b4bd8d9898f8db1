"""Archives on their way in: a folder of files that are there for as long as their images are being loaded.

DATA_DIR/incoming/<id>        an archive, whole or on its way
DATA_DIR/incoming/<id>.json   of a whole one: what its only image is to be called, and the platform that was asked for
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.unpacked import CHUNK, Packing, packing_of, unpacked
from imagedepot.errors import InvalidAnswer, InvalidArchive
from imagedepot.files.atomic import storage_errors, write_durably
from imagedepot.files.free_space import DiskSpace

_SPACE_EVERY = 8 << 20
_NOTE = ".json"


class Incoming:
    """What is written leaves the reserve of `space` alone."""

    def __init__(self, folder: Path, space: DiskSpace) -> None:
        self._folder = folder
        self._space = space

    def begin(self, size: int | None = None) -> IncomingFile:
        """A new file to write to; `size` in bytes where it is known. Raises `StorageFailure`."""
        self._space.check(size or 0, "The archive")
        with storage_errors(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
        return IncomingFile(self._folder / secrets.token_hex(16), self._space)

    def plain(self, path: Path, cancellation: Cancellation) -> Path | None:
        """What a packed archive unpacks to, as a file here; None for one that is a plain tar file.

        Raises `InvalidArchive` for what is damaged or grows beyond measure, `StorageFailure`, `Cancelled`.
        """
        packing = packing_of(path)
        if packing in (Packing.PLAIN, Packing.SQUASHFS):
            return None
        try:
            with self.begin() as file, unpacked(path, "The archive", cancellation.check) as source:
                while chunk := source.read(CHUNK):
                    file.write(chunk)
                return file.keep()
        except InvalidAnswer as error:
            raise InvalidArchive(str(error)) from error

    def note(self, path: Path, name: str, platform: str) -> None:
        """Note that the archive is whole: `all` finds it from now on. Raises `StorageFailure`."""
        write_durably(path.with_name(path.name + _NOTE), json.dumps({"name": name, "platform": platform}).encode())

    def all(self) -> Iterator[tuple[Path, str, str]]:
        """The whole archives of an earlier run, with their notes; the others are removed."""
        for path in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            if path.suffix == _NOTE:
                continue
            try:
                note = json.loads(path.with_name(path.name + _NOTE).read_bytes())
                yield path, str(note["name"]), str(note["platform"])
            except (OSError, ValueError, TypeError, KeyError):
                self.remove(path)

    def remove(self, path: Path) -> None:
        """Delete an archive, if it is one of ours. Raises `StorageFailure`."""
        if path.parent == self._folder:
            with storage_errors(path):
                path.with_name(path.name + _NOTE).unlink(missing_ok=True)
                path.unlink(missing_ok=True)


class IncomingFile:
    """An archive that is being written; a context manager that deletes it at its end unless it was kept."""

    def __init__(self, path: Path, space: DiskSpace) -> None:
        self.path = path
        self._space = space
        self._written = 0
        self._is_kept = False
        with storage_errors(path):
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, chunk: bytes | bytearray) -> None:
        """Raises `StorageFailure`, also before the reserve is touched."""
        if self._written // _SPACE_EVERY != (self._written + len(chunk)) // _SPACE_EVERY:
            self._space.check(_SPACE_EVERY, "The archive")
        view = memoryview(chunk)
        with storage_errors(self.path):
            while view:
                view = view[os.write(self._file, view) :]
        self._written += len(chunk)

    def keep(self) -> Path:
        """Keep the file after the block; its path."""
        if not self._written:
            raise InvalidArchive("The archive is empty")
        self._is_kept = True
        return self.path

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
            if not self._is_kept:
                with storage_errors(self.path):
                    self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
