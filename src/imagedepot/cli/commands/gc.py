"""`imagedepot gc`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import print_json, say


def gc(
    context: typer.Context,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Also delete partial files that an interrupted pull could resume.")
    ] = False,
    unnamed: Annotated[
        bool,
        typer.Option("--unnamed", help="Also delete files that lost their image when the list of images was lost."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Free the space of files that no image needs.

    Partial files of downloads are kept for 30 days; `downloads forget` drops a download of the service.
    """
    with start_of(context).backend() as backend:
        answer = backend.clean_up(unfinished, unnamed)
    if as_json:
        print_json(answer)
    else:
        say(f"Freed {size(answer['freed'])} in {count(answer['files'], 'file')}")
