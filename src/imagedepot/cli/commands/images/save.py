"""`imagedepot save`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, LocalNames
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import note, print_json
from imagedepot.errors import InvalidInput, StorageFailure
from imagedepot.model.archives import ArchiveFormat
from imagedepot.model.image import ImageType

STDOUT = "-"


def save(
    context: typer.Context,
    images: LocalNames,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="A file to write; - for standard output.")
    ] = STDOUT,
    format_: Annotated[
        ArchiveFormat,
        typer.Option("--format", help="docker-archive, which every engine loads, or oci-archive, which keeps digests."),
    ] = ArchiveFormat.DOCKER,
    as_json: AsJson = False,
) -> None:
    """Write images to a tar file, for `docker load`, `podman load`, skopeo or `imagedepot load`.

    The file appears when it is whole: what was interrupted leaves nothing behind. For example
    `imagedepot save redis:7 | ssh nas docker load`.
    """
    wanted = [names.split(ImageType.DOCKER, text) for text in images]
    if output == STDOUT and sys.stdout.isatty():
        raise InvalidInput("An archive is nothing for a terminal: name a file with -o, or pipe it into a command")
    with start_of(context).backend() as backend, backend.export(wanted, format_.value) as (_, chunks):
        if output == STDOUT:
            written = sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
            sys.stdout.buffer.flush()
        else:
            written = _write(Path(output), chunks)
    if as_json and output != STDOUT:
        print_json({"images": len(wanted), "bytes": written})
        return
    note(f"Saved {count(len(wanted), 'image')}, {size(written)}")


def _write(path: Path, chunks: Iterator[bytes]) -> int:
    """The bytes written. Raises `StorageFailure`."""
    import os  # late: few commands write files
    import tempfile

    if path.exists() and not path.is_file():  # a device or a pipe is written to as it is
        return _written(path, chunks)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except OSError as error:
        raise StorageFailure(f"Cannot write {path}: {error.strerror}") from error
    beside = Path(name)
    try:
        os.fchmod(descriptor, 0o666 & ~_umask())
        os.close(descriptor)
        written = _written(beside, chunks, path)
        beside.replace(path)
    except OSError as error:
        raise StorageFailure(f"Cannot write {path}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return written


def _written(path: Path, chunks: Iterator[bytes], shown: Path | None = None) -> int:
    try:
        with path.open("wb") as file:
            return sum(file.write(chunk) for chunk in chunks)
    except OSError as error:
        raise StorageFailure(f"Cannot write {shown or path}: {error.strerror}") from error


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask
