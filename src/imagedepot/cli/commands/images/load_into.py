"""`imagedepot load-into`"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from imagedepot.cli import exits, names
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, LocalNames
from imagedepot.cli.render.output import note, print_json, say
from imagedepot.model.image import ImageType, titled


def load_into(
    context: typer.Context,
    engine: Annotated[
        str, typer.Argument(metavar="ENGINE", help="docker, podman, or the address of one that answers on this host.")
    ],
    images: LocalNames,
    as_json: AsJson = False,
) -> None:
    """Load images into Docker or Podman on this host, where nothing has to be pulled for them then.

    For an engine that is not where Image Depot keeps its images: what `imagedepot save NAME | docker load` does.
    """
    rows = []
    with start_of(context).backend() as backend:
        for name, tag in [names.split(ImageType.DOCKER, text) for text in images]:
            title = titled(ImageType.DOCKER, name, tag)
            row = {}
            for row in backend.load_into(name, tag, engine):
                if sys.stderr.isatty() and row["total"]:
                    sys.stderr.write(f"\r{title}: {100 * row['done'] // row['total']} %\x1b[K")
            if sys.stderr.isatty():
                sys.stderr.write("\r\x1b[K")
            rows.append(row)
            if row["status"] == "done" and not as_json:
                say(f"{title}: loaded into {row['kind']} at {row['address']}")
            elif row["status"] != "done":
                note(f"imagedepot: {row['error'] or f'{title}: cancelled'}")
    if as_json:
        print_json(rows)
    if any(row["status"] != "done" for row in rows):
        raise typer.Exit(exits.BAD_OUTCOME)
