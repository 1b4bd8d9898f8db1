"""`imagedepot catalog`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import age
from imagedepot.cli.render.output import Column, print_json, print_table
from imagedepot.model.text.texts import short

commands = typer.Typer(no_args_is_help=True, help="The catalogs that feed the App Center.")

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An http(s) address, the absolute path of a file, or `builtin`.")
]
_COLUMNS = (
    Column("ADDRESS"),
    Column("FORMAT"),
    Column("ROWS", right=True),
    Column("SKIPPED", right=True),
    Column("FETCHED"),
    Column("ERROR"),
)


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the catalogs, and how many rows each gave."""
    with start_of(context).backend() as backend:
        rows = backend.catalogs()
    _show(rows, as_json)


@commands.command()
def add(context: typer.Context, address: Address, as_json: AsJson = False) -> None:
    """Add a catalog."""
    with start_of(context).backend() as backend:
        rows = backend.add_catalog(address)
    _show(rows, as_json)


@commands.command()
def remove(context: typer.Context, address: Address, as_json: AsJson = False) -> None:
    """Remove a catalog."""
    with start_of(context).backend() as backend:
        rows = backend.remove_catalog(address)
    _show(rows, as_json)


@commands.command()
def refresh(context: typer.Context, as_json: AsJson = False) -> None:
    """Fetch all catalogs again."""
    with start_of(context).backend() as backend:
        rows = backend.refresh_catalogs()
    _show(rows, as_json)


def _show(rows: list[Json], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    cells = [
        (
            row["address"],
            row["format"],
            row["rows"],
            row["skipped"],
            age(row["fetched"]),
            short(row["error"] or "", 200),
        )
        for row in rows
    ]
    print_table(_COLUMNS, cells)
