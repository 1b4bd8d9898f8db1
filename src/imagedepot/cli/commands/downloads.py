"""`imagedepot downloads`"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Backend, Json, has_ended
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, Format
from imagedepot.cli.render.amounts import age, clock, seconds, size
from imagedepot.cli.render.output import Column, on_terminal, print_asked, print_json, print_table, say
from imagedepot.model.image import ImageType, titled
from imagedepot.model.text.texts import short

commands = typer.Typer(help="Show the downloads; cancel, retry, move or forget one.")

_SECONDS_BETWEEN_LOOKS = 0.5
_COLUMNS = (
    Column("ID"),
    Column("IMAGE"),
    Column("STATUS"),
    Column("%", right=True),
    Column("SIZE", right=True),
    Column("SPEED"),
    Column("STARTED"),
    Column("ERROR"),
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The number in the first column of `imagedepot downloads`.")]


@commands.callback(invoke_without_command=True)
def downloads(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until no download is under way.")] = False,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """Show waiting, running and finished downloads."""
    if context.invoked_subcommand is not None:
        return
    with start_of(context).backend() as backend:
        rows = _watched(backend, as_json or bool(format_)) if watch else backend.downloads()
    if not print_asked(rows, as_json, format_):
        print_table(_COLUMNS, [_cells(row) for row in rows], "No downloads")


@commands.command()
def cancel(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """Stop a download; what has arrived is kept, so that it can be resumed."""
    with start_of(context).backend() as backend:
        row = backend.find_download(id_)
        if not has_ended(row):
            row = backend.end_download(id_)
    _show(row, as_json)


@commands.command()
def retry(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """Resume a download that failed or was cancelled."""
    with start_of(context).backend() as backend:
        row = backend.retry_download(id_)
    _show(row, as_json)


@commands.command()
def move(
    context: typer.Context,
    id_: Id,
    place: Annotated[int, typer.Argument(metavar="[PLACE]", min=1, help="1 begins next.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Let a download that waits for its turn begin before others, or after them."""
    with start_of(context).backend() as backend:
        row = backend.move_download(id_, place)
    _show(row, as_json)


@commands.command()
def forget(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """Remove a finished download from the list."""
    with start_of(context).backend() as backend:
        row = backend.find_download(id_)
        if not has_ended(row):
            raise typer.BadParameter(f"download {id_} has not ended; cancel it first")
        backend.end_download(id_)
    if as_json:
        print_json(row)
    else:
        say(f"Forgot download {id_}")


def _watched(backend: Backend, as_json: bool) -> list[Json]:
    """Watch until no download is under way: on a terminal a table that is redrawn, elsewhere a line for each change."""
    if on_terminal() and not as_json:
        return _drawn(backend)
    seen: dict[str, tuple[object, object]] = {}
    while True:
        rows = backend.downloads()
        for row in rows:
            state = row["status"], row["percent"]
            if not has_ended(row) and seen.get(row["id"]) != state and not as_json:
                say(f"{row['id']}\t{_title(row)}\t{row['status']}\t{row['percent']}")
            seen[row["id"]] = state
        if all(has_ended(row) for row in rows):
            return rows
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _drawn(backend: Backend) -> list[Json]:
    # Late: Rich takes 80 ms, which only a terminal needs.
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    with Live(transient=True, auto_refresh=False) as live:
        while True:
            rows = backend.downloads()
            under_way = [row for row in rows if not has_ended(row)]
            if not under_way:
                return rows
            table = Table(*(column.title for column in _COLUMNS), box=None, pad_edge=False)
            for row in under_way:
                table.add_row(*(Text(cell) for cell in _cells(row)))
            live.update(table, refresh=True)
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def _cells(row: Json) -> tuple[str, ...]:
    if row["install_total"] is not None:
        pace = f"{size(row['installed_bytes'])} of {size(row['install_total'])} installed"
    elif row["waiting_since"] is not None:
        pace = f"silent since {clock(row['waiting_since'])}"
    else:
        pace = f"{size(row['rate'])}/s" if row["rate"] is not None and not has_ended(row) else ""
    left = f"{seconds(row['eta'])} left" if row["eta"] is not None and not has_ended(row) else ""
    return (
        str(row["id"]),
        short(_title(row)),
        row["status"],
        "" if row["percent"] is None else str(row["percent"]),
        size(row["total"]),
        ", ".join(filter(None, (pace, left))),
        age(row["created"]),
        short(row["error"] or "", 200),
    )


def _show(row: Json, as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        say(f"Download {row['id']} of {_title(row)}: {row['status']}")


def _title(row: Json) -> str:
    return titled(ImageType(row["type"]), row["name"], row["tag"])
