"""`imagedepot search`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.images.list import print_found, print_local
from imagedepot.cli.options import AsJson, DepotName, Format
from imagedepot.cli.render.output import Column, print_asked, print_table
from imagedepot.model.depot import BUILT_IN, DepotId, DepotKind
from imagedepot.model.text.texts import short

_COLUMNS = (
    Column("NAME"),
    Column("STARS", right=True),
    Column("OFFICIAL"),
    Column("VERIFIED"),
    Column("INSTALLED"),
    Column("DESCRIPTION"),
)


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for.")],
    depot: Annotated[DepotName, typer.Option("--depot", help="Where to look.")] = "dockerhub",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows at most.")] = 25,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """Search Docker Hub, or another depot."""
    kind = BUILT_IN[DepotId(depot)]
    with start_of(context).backend() as backend:
        # One image may have a row for each architecture, so those are counted when they are one line.
        cut = limit if kind.ranks_rows or as_json or format_ else None
        answer = backend.images(depot, filter_text=text, limit=cut, order="relevance")
    if print_asked(answer, as_json, format_):
        return
    if kind is DepotKind.REGISTRY:
        print_table(_COLUMNS, [_cells(row) for row in answer["results"]], "Nothing found")
    elif kind.is_local:
        print_local(answer["results"][:limit])
    else:
        print_found(_by_image(answer["results"])[:limit])


def _by_image(rows: list[Json]) -> list[Json]:
    """One row for each image, with all of its architectures."""
    found: dict[tuple[str, str], Json] = {}
    for row in rows:
        first = found.setdefault((row["type"], row["name"]), {**row, "installed": False, "arch": ""})
        first["arch"] = ", ".join(filter(None, (first["arch"], row["arch"])))
        first["installed"] = first["installed"] or row["installed"]
    return list(found.values())


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
