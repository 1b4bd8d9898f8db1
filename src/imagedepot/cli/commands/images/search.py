"""`imagedepot search`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.images.list import print_found
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import Column, print_json, print_table
from imagedepot.model.image import DepotName
from imagedepot.model.texts import short

_COLUMNS = (
    Column("NAME"),
    Column("STARS", right=True),
    Column("OFFICIAL"),
    Column("VERIFIED"),
    Column("HERE"),
    Column("DESCRIPTION"),
)


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for.")],
    depot: Annotated[DepotName, typer.Option("--depot", help="Where to look.")] = DepotName.DOCKERHUB,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")] = 25,
    as_json: AsJson = False,
) -> None:
    """Search Docker Hub, or another depot."""
    with start_of(context).backend() as backend:
        answer = backend.images(depot, filter_text=text, limit=limit)
    if as_json:
        print_json(answer)
    elif depot is DepotName.DOCKERHUB:
        print_table(_COLUMNS, [_cells(row) for row in answer["results"]])
    else:
        print_found(answer["results"])


def _cells(row: Json) -> tuple[object, ...]:
    def mark(key: str) -> str:
        return "yes" if row[key] else ""

    return (
        row["name"],
        row["star_count"],
        mark("is_official"),
        mark("is_trusted"),
        mark("installed"),
        short(row["description"]),
    )
