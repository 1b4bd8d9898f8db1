"""`imagedepot lxc-files`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.completion import complete_local
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import print_json
from imagedepot.model.image import ImageType


def lxc_files(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An LXC image in the store.", autocompletion=complete_local)
    ],
    as_json: AsJson = False,
) -> None:
    """Print the files that `lxc-create -t local` takes.

    Metadata, then rootfs, one a line.
    """
    with start_of(context).backend() as backend:
        answer = backend.lxc_files(*names.split(ImageType.LXC, name))
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{answer['metadata']}\n{answer['rootfs']}")
