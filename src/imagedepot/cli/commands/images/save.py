"""`imagedepot save`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.protocol import Backend
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, LocalNames, OfType
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import note, print_json
from imagedepot.errors import InvalidInput
from imagedepot.files.whole_file import STDOUT, whole_file
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.image import ImageType


def save(
    context: typer.Context,
    images: LocalNames,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="A file to write; - for standard output.")
    ] = STDOUT,
    format_: Annotated[
        ArchiveFormat | None,
        typer.Option("--format", help="docker-archive, which every engine loads, or oci-archive, which keeps digests."),
    ] = None,
    type_: OfType = ImageType.DOCKER,
    as_json: AsJson = False,
) -> None:
    """Write images to a tar file, for `docker load`, `podman load`, skopeo or `imagedepot load`.

    With `--type lxc` it is one image, as `lxc image import` and `incus image import` take it. The file appears when it
    is whole: what was interrupted leaves nothing behind. For example `imagedepot save redis:7 | ssh nas docker load`.
    """
    wanted = [names.split(type_, text) for text in images]
    if type_ is ImageType.LXC and (len(wanted) > 1 or format_ is not None):
        raise InvalidInput("LXC images are saved one by one, in one format")
    if output == STDOUT and sys.stdout.isatty():
        raise InvalidInput("An archive cannot be written to a terminal: name a file with -o, or pipe it into a command")

    def exported(backend: Backend) -> AbstractContextManager[tuple[int | None, Iterator[bytes]]]:
        if type_ is ImageType.LXC:
            return backend.export_lxc(*wanted[0])
        return backend.export(wanted, (format_ or ArchiveFormat.DOCKER).value)

    with (
        start_of(context).backend() as backend,
        exported(backend) as (_, chunks),
        whole_file(output) as file,
    ):
        written = sum(file.write(chunk) for chunk in chunks)
    if as_json and output != STDOUT:
        print_json({"images": len(wanted), "bytes": written})
        return
    note(f"Saved {count(len(wanted), 'image')}, {size(written)}")
