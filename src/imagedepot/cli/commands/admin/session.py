"""`imagedepot session`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import age
from imagedepot.cli.render.output import Column, print_json, print_table, say

commands = typer.Typer(no_args_is_help=True, help="Who is logged in; end a session.")

Id = Annotated[str, typer.Argument(metavar="ID", help="What stands in the first column of `imagedepot session list`.")]


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the sessions that are open."""
    with start_of(context).backend() as backend:
        rows = backend.sessions()
    if as_json:
        print_json(rows)
    else:
        print_table(
            (Column("ID"), Column("USER"), Column("LOGIN"), Column("EXPIRES")),
            [(row["id"], row["username"], age(row["login"]), row["expires"]) for row in rows],
        )


@commands.command()
def end(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """End a session: its browser has to log in again."""
    with start_of(context).backend() as backend:
        backend.end_session(id_)
    if as_json:
        print_json({"id": id_})
    else:
        say(f"Ended the session {id_}")
