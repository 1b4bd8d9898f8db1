"""A partial file: the bytes that are here, their running hash, and the validator to resume with.

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
    """A partial file, open for appending; a context manager. Every failed write raises `StorageFailure`.

    `validator`: the ETag or date from the upstream for resuming a file that has no digest.
    """

    def __init__(self, path: Path, digest: Digest | None, cancellation: Cancellation) -> None:
        self.path = path
        self.offset = 0
        self._size = 0
        self._on_its_way = 0  # up to where the kernel was asked to write
        self._room_to = 0  # up to where disk space is reserved
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
                    self.restart()  # without a digest or a validator the rest may be that of another version
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
        """Discard what is here."""
        try:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
        except OSError as error:
            raise self._failure(error) from error
        self._hasher = Digest(self._algorithm, "").hasher()
        self.offset = self._on_its_way = self._room_to = 0
        self._next_step = _STEP

    def note(self, validator: str | None) -> None:
        """Save the validator to resume with; call it before the first byte of that version is written."""
        self.validator = validator
        try:
            if validator is None:
                self._note.unlink(missing_ok=True)
            else:
                self._note.write_text(json.dumps({"validator": validator}))
        except OSError as error:
            raise self._failure(error) from error

    def expect(self, size: int | None) -> None:
        """Set the expected size, if it is known: a large file gets disk space reserved ahead of its bytes."""
        self._size = size or 0

    def _step(self) -> None:
        """Let the kernel begin to write what is here, so that `sync` has little to wait for, and reserve space ahead.

        POSIX_FADV_DONTNEED starts writing and drops only pages that are written already. What is `_BEHIND` is written
        by then: a second call frees its memory, so that a large file takes as little memory as a small one.
        """
        os.posix_fadvise(self._file, self._on_its_way, self.offset - self._on_its_way, os.POSIX_FADV_DONTNEED)
        if self.offset > _BEHIND:
            os.posix_fadvise(self._file, 0, self.offset - _BEHIND, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self.offset
        self._next_step = self.offset + _STEP
        room = min(_ROOM, self._size - self.offset)
        if self._room_to < self._next_step and room > 0 and self._is_roomy():
            # Late: small blobs do not need it, and the first import of ctypes takes 5 ms.
            from imagedepot.files.allocate import allocate

            allocate(self._file, self.offset, room)
            self._room_to = self.offset + room

    def _is_roomy(self) -> bool:
        """Whether there is space to reserve: many files at a time must not use up the reserve."""
        disk = os.fstatvfs(self._file)
        return disk.f_bavail * disk.f_frsize > _ROOMY

    def digest(self) -> Digest:
        """The digest of what is here."""
        return Digest(self._algorithm, self._hasher.hexdigest())

    def sync(self) -> None:
        """Make what is here durable."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failure(error) from error

    def forget_note(self) -> None:
        """Raises `StorageFailure`."""
        try:
            self._note.unlink(missing_ok=True)
        except OSError as error:
            raise self._failure(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and keep it; for use outside of a `with` block."""
        with contextlib.suppress(OSError):
            if self._room_to > self.offset:
                os.ftruncate(self._file, self.offset)  # gives back reserved space that was not needed
        os.close(self._file)

    def flush(self) -> None:
        """Nothing to do: one process at a time has the folder."""

    def is_current(self) -> bool:
        return True

    def abandon(self) -> None:
        self.close()

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
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return  # no validator, or a broken file: start over
        self.validator = validator if isinstance(validator, str) else None

    def _failure(self, error: OSError) -> StorageFailure:
        return StorageFailure(f"Cannot write to the data folder: {error.strerror or error}")
