"""A file on its way: what is here of it, its running hash, and what to resume it with.

The file's size is the truth about what is here. Resuming needs the hash of it, so it is read once when it is opened.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from imagedepot.cancellation import Cancellation
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest

_CHUNK = 1 << 18
_STEP = 8 << 20
_ROOM = 64 << 20
_ROOMY = 8 << 30
_BEHIND = 64 << 20


class Partial:
    """Open for appending; use as a context manager. Every failed write is a `StorageFailure`.

    `validator`: what the upstream gave for resuming a file that has no digest (an ETag or a date).
    """

    def __init__(self, path: Path, digest: Digest | None, cancellation: Cancellation) -> None:
        self.path = path
        self.offset = 0
        self._size = 0
        self._on_its_way = 0  # up to where the disk was told to write
        self._room_to = 0  # up to where there is room on the disk
        self._next_step = _STEP
        self.validator: str | None = None
        self._note = path.with_name(f"{path.name}.json")
        self._algorithm = digest.algorithm if digest else "sha256"
        self._hasher = Digest(self._algorithm, "").hasher()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._failure(error) from error
        try:
            if digest is None:
                self._read_note()
                if self.validator is None:
                    self.restart()  # without a digest or a validator nobody can tell whether the rest would fit
            self._catch_up(cancellation)
        except BaseException:
            os.close(self._file)
            raise

    def write(self, chunk: memoryview) -> None:
        """Append and hash."""
        try:
            written = os.write(self._file, chunk)
            while written < len(chunk):
                written += os.write(self._file, chunk[written:])
        except OSError as error:
            raise self._failure(error) from error
        self._hasher.update(chunk)
        self.offset += len(chunk)
        if self.offset >= self._next_step:
            self._step()

    def restart(self) -> None:
        """Throw away what is here."""
        try:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
        except OSError as error:
            raise self._failure(error) from error
        self._hasher = Digest(self._algorithm, "").hasher()
        self.offset = self._on_its_way = self._room_to = 0
        self._next_step = _STEP

    def note(self, validator: str | None) -> None:
        """Remember what to resume with; before the first byte of that version is written."""
        self.validator = validator
        try:
            if validator is None:
                self._note.unlink(missing_ok=True)
            else:
                self._note.write_text(json.dumps({"validator": validator}))
        except OSError as error:
            raise self._failure(error) from error

    def expect(self, size: int | None) -> None:
        """How long it will be, where anybody has told: a large one gets room on the disk ahead of its bytes."""
        self._size = size or 0

    def _step(self) -> None:
        """Let the disk begin with what is here, so that `sync` has little left to wait for; get room for what comes.

        Linux starts to write what it is told will not be needed; nothing is lost from memory that is not written. What
        lies `_BEHIND` is written by then: told once more, its memory serves for what comes, so that a large file takes
        as little of the host's memory as a small one.
        """
        os.posix_fadvise(self._file, self._on_its_way, self.offset - self._on_its_way, os.POSIX_FADV_DONTNEED)
        if self.offset > _BEHIND:
            os.posix_fadvise(self._file, 0, self.offset - _BEHIND, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self.offset
        self._next_step = self.offset + _STEP
        room = min(_ROOM, self._size - self.offset)
        if self._room_to < self._next_step and room > 0 and self._is_roomy():
            # Late: small blobs come without it, and the first import of ctypes takes 5 ms.
            from imagedepot.files.allocate import allocate

            allocate(self._file, self.offset, room)
            self._room_to = self.offset + room

    def _is_roomy(self) -> bool:
        """Many files at a time must not take the reserve as room ahead."""
        disk = os.fstatvfs(self._file)
        return disk.f_bavail * disk.f_frsize > _ROOMY

    def digest(self) -> Digest:
        """Of what is here."""
        return Digest(self._algorithm, self._hasher.hexdigest())

    def sync(self) -> None:
        """Onto the disk, whatever happens next."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failure(error) from error

    def forget_note(self) -> None:
        self._note.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """What is here stays. For what is open beyond one `with` block."""
        with contextlib.suppress(OSError):
            if self._room_to > self.offset:
                os.ftruncate(self._file, self.offset)  # gives back the room that was not needed
        os.close(self._file)

    def _catch_up(self, cancellation: Cancellation) -> None:
        buffer = memoryview(bytearray(_CHUNK))
        try:
            with open(self._file, "rb", buffering=0, closefd=False) as file:
                while count := file.readinto(buffer):
                    cancellation.check()
                    self._hasher.update(buffer[:count])
                    self.offset += count
            self._on_its_way = self._room_to = self.offset
            self._next_step = self.offset + _STEP
        except OSError as error:
            raise self._failure(error) from error

    def _read_note(self) -> None:
        try:
            validator = json.loads(self._note.read_bytes())["validator"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # no note, or one that broke: the file starts over
        self.validator = validator if isinstance(validator, str) else None

    def _failure(self, error: OSError) -> StorageFailure:
        return StorageFailure(f"Cannot write to the data folder: {error.strerror or error}")
