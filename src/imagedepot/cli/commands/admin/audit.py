"""`imagedepot audit`"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Backend, Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import Column, print_json, print_table

_PAGE = 1000
_COLUMNS = ("TIME", "WHO", "FROM", "ACTION", "TARGET", "OUTCOME", "DETAIL")


def audit(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--user", metavar="NAME", help="Only what this user did.")] = "",
    action: Annotated[
        str, typer.Option(metavar="ACTION", help="Only this, such as user.add, or user for all of it.")
    ] = "",
    outcome: Annotated[str, typer.Option(metavar="OUTCOME", help="Only what was done, refused or failed.")] = "",
    address: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Only what came from there.")] = "",
    text: Annotated[str, typer.Option(metavar="TEXT", help="Only with this in target, detail or error.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="From then on: 2026-11-27, or 2026-11-27T20:00:00Z.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Before that; a day counts as a whole.")] = "",
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many events, the newest.")] = 50,
    every: Annotated[bool, typer.Option("--all", help="All events, however many.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show who did what, when and from where: logins and changes, the newest first."""
    filters = {
        "actor": actor,
        "action": action,
        "outcome": outcome,
        "address": address,
        "text": text,
        "since": since,
        "until": until,
    }
    query = {key: value for key, value in filters.items() if value}
    with start_of(context).backend() as backend:
        rows = list(_rows(backend, query, None if every else limit))
    if as_csv:
        _print_csv(rows)
    elif as_json:
        print_json(rows)
    else:
        print_table(tuple(Column(title) for title in _COLUMNS), [_cells(row) for row in rows])


def _rows(backend: Backend, query: Mapping[str, str], limit: int | None) -> Iterator[Json]:
    """The events, asked for page by page; all of them without a limit."""
    before: dict[str, str] = {}
    while limit is None or limit > 0:
        page = backend.audit({**query, **before}, _PAGE if limit is None else min(limit, _PAGE))
        yield from page
        if len(page) < _PAGE:
            return
        before = {"before": str(page[-1]["id"])}
        limit = None if limit is None else limit - len(page)


def _cells(row: Json) -> tuple[object, ...]:
    who = f"{row['actor']} (token {row['token']})" if row["token"] else row["actor"] or "-"
    more = row["error"] or row["detail"]
    return (row["time"], who, row["address"] or "-", row["action"], row["target"], row["outcome"], more)


def _print_csv(rows: list[Json]) -> None:
    from imagedepot.wire.audit import csv_lines

    for line in csv_lines(rows):
        typer.echo(line, nl=False)
