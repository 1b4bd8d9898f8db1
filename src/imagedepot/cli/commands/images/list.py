"""`imagedepot list`"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AnyType, AsJson, DepotName, Format
from imagedepot.cli.render.amounts import age, size
from imagedepot.cli.render.output import Column, print_asked, print_table, say
from imagedepot.errors import InvalidInput
from imagedepot.model.image import ImageType, titled
from imagedepot.model.text.texts import short

_LOCAL = (
    Column("NAME"),
    Column("TAG"),
    Column("TYPE"),
    Column("SIZE", right=True),
    Column("PLATFORM"),
    Column("INSTALLED"),
)
_FOUND = (Column("NAME"), Column("TYPE"), Column("ARCH"), Column("INSTALLED"), Column("DESCRIPTION"))


def list_(
    context: typer.Context,
    filter_text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only images with this in name, title or description.")
    ] = "",
    depot: Annotated[DepotName, typer.Option("--depot", help="Which depot to list.")] = "local",
    type_: AnyType = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="KEY=VALUE",
            help="Only images of this host that fit: reference=PATTERN (a name or NAME:TAG with * and ?), "
            "dangling=true (no tag) or false, before=IMAGE or since=IMAGE (made before or after it).",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print names alone, to pass them on.")] = False,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """List the images on this host, or what another depot offers."""
    if filters and depot != "local":
        raise InvalidInput("--filter is for the images of this host; TEXT searches other depots")
    with start_of(context).backend() as backend:
        answer = backend.images(depot, type_ or "", filter_text)
    if filters:
        # Late: a list without filters, which is what most ask for, waits for none.
        from imagedepot.cli.commands.images.filters import filtered

        rows = filtered(answer["results"], filters)
        answer = {**answer, "results": rows, "total_count": len(rows)}
    if print_asked(answer, as_json, format_):
        return
    if quiet:
        for name in dict.fromkeys(name for row in answer["results"] for name in _names(row)):
            say(name)
    elif depot == "local":
        print_local(answer["results"])
    else:
        print_found(answer["results"])


def print_local(rows: list[Json]) -> None:
    """Rows of this host."""
    print_table(_LOCAL, [cells for row in rows for cells in _local(row)], "No images")


def print_found(rows: list[Json]) -> None:
    """Rows of a remote depot."""
    cells = [
        (
            row["name"],
            row["type"],
            row.get("arch") or "",
            "yes" if row["installed"] else "",
            short(row["description"] or row.get("title") or ""),
        )
        for row in rows
    ]
    print_table(_FOUND, cells, "No images")


def _names(row: Json) -> Iterator[str]:
    """The names that other commands take: each tag of a repository on this host, the name of anything else."""
    if row["from"] == "local" and row["type"] == ImageType.DOCKER:
        yield from (titled(ImageType.DOCKER, row["name"], tag) for tag in row["tags"])
    else:
        yield row["name"]


def _local(row: Json) -> Iterator[tuple[object, ...]]:
    """One line for each tag of a docker repository; one for an LXC image."""
    if row["type"] == "lxc":
        yield row["name"], "", "lxc", size(row["size"]), row.get("arch", ""), age(row.get("installed_at"))
        return
    for place, (tag, bytes_) in enumerate(zip(row["tags"], row["size"], strict=True)):
        yield (
            row["name"],
            tag,
            "docker",
            size(bytes_),
            _at(row, "platforms", place),
            age(_at(row, "installed_at", place)),
        )


def _at(row: Json, key: str, place: int) -> str:
    values = row.get(key) or []
    return (values[place] if place < len(values) else "") or ""
