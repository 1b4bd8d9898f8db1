"""Writes long files at a path that a user chose: each is there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from imagedepot.errors import StorageFailure

STDOUT = "-"


@contextmanager
def whole_file(file: str, mode: int = 0o666, what: str = "") -> Iterator[IO[bytes]]:
    """Write beside `file` and rename at the end; `mode` is that of a new file, less the umask; `what` it is, for
    sentences.

    `-` is standard output; a device or a pipe is written to as it is. Raises `StorageFailure`, and `BrokenPipeError`
    when the reader of the output has stopped reading.
    """
    path = Path(file)
    what = what or ("standard output" if file == STDOUT else file)
    try:
        if file == STDOUT:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif path.exists() and not path.is_file():  # a tape, a pipe: nothing could take its place
            with path.open("wb") as output:
                yield output
        else:
            yield from _renamed(path, mode)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageFailure(f"Cannot write {what}: {error.strerror or error}") from error


def _renamed(path: Path, mode: int) -> Iterator[IO[bytes]]:
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
