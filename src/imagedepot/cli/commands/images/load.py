"""`imagedepot load`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.bars import follow
from imagedepot.cli.render.ends import exit_unless_done, is_done
from imagedepot.cli.render.output import print_json, say
from imagedepot.errors import InvalidInput, StorageFailure
from imagedepot.model.image import ImageType, titled

STDIN = "-"
_CHUNK = 1 << 20


def load(
    context: typer.Context,
    file: Annotated[
        str, typer.Option("--input", "-i", metavar="FILE", help="An archive; - for standard input.")
    ] = STDIN,
    name: Annotated[
        str, typer.Option(metavar="NAME[:TAG]", help="What its only image is to be called, whatever the archive says.")
    ] = "",
    platform: Annotated[str, typer.Option(help="Such as linux/arm64; without it the host's.", metavar="PLATFORM")] = "",
    as_json: AsJson = False,
) -> None:
    """Load the images of an archive: what `docker save`, `podman save`, skopeo or `imagedepot save` wrote.

    A docker-archive or an OCI archive, plain or packed (gzip, zstd, xz, bzip2). Images keep their names, as with
    `docker load`, and each blob is verified by its digest. For example `ssh nas docker save redis:7 | imagedepot load`.
    """
    if file == STDIN and sys.stdin.isatty():
        raise InvalidInput("Name an archive with -i, or pipe one into this command")
    path = None if file == STDIN else Path(file)
    try:
        opened = sys.stdin.buffer if path is None else path.open("rb")
    except OSError as error:
        raise StorageFailure(f"Cannot read {file}: {error.strerror}") from error
    rows = []
    with opened, start_of(context).backend() as backend:
        plain = path if path is not None and path.is_file() else None
        for one in backend.load(_chunks(opened, path), plain, name, platform):
            row = follow(one, "the archive")
            title = titled(ImageType.DOCKER, row["name"], row["tag"])
            rows.append(row)
            if is_done(row, title) and not as_json:
                say(f"{title}: loaded" if row["layers"] else f"{title}: is here already")
    if as_json:
        print_json(rows)
    exit_unless_done(rows)


def _chunks(opened: BinaryIO, path: Path | None) -> Iterator[bytes]:
    """Raises `StorageFailure`."""
    try:
        while chunk := opened.read(_CHUNK):
            yield chunk
    except OSError as error:
        raise StorageFailure(f"Cannot read {path or 'standard input'}: {error.strerror}") from error
