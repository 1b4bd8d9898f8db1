"""`imagedepot token`"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import age
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.model.access.scope import Scope

commands = typer.Typer(no_args_is_help=True, help="Access tokens, by which machines use the service in a user's name.")


@commands.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may be used for; can be repeated.")],
    repository: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only these, such as `ghcr.io/owner/*`; can be repeated."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Ends after so many days.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Whose it is; else the administrator's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an access token, and print it, once."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    with start_of(context).backend() as backend:
        row = backend.add_token(name, scope, repository or ["*"], expires, user)
    if as_json:
        print_json(row)
    else:
        note(f"Added the access token {row['id']} of {row['username']}; it is not shown again:")
        say(row["token"])


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the access tokens."""
    with start_of(context).backend() as backend:
        rows = backend.tokens()
    if as_json:
        print_json(rows)
        return
    columns = ("ID", "NAME", "USER", "SCOPES", "REPOSITORIES", "EXPIRES", "LAST USED")
    print_table(
        tuple(Column(title) for title in columns),
        [
            (
                row["id"],
                row["name"],
                row["username"],
                ",".join(row["scopes"]),
                ",".join(row["repositories"]),
                row["expires"] or "never",
                age(row["last_used"]) or "never",
            )
            for row in rows
        ],
    )


@commands.command()
def remove(context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Revoke an access token."""
    with start_of(context).backend() as backend:
        backend.remove_token(id_)
    if as_json:
        print_json({"id": id_})
    else:
        say(f"Revoked the access token {id_}")
