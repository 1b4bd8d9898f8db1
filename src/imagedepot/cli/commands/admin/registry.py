"""`imagedepot registry`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.admin.user import PasswordFile, read_password
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import Column, print_json, print_table, say

commands = typer.Typer(no_args_is_help=True, help="Logins at registries, kept where Podman and skopeo keep theirs.")

Host = Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="A registry; docker.io is Docker Hub.")]


@commands.command()
def login(
    context: typer.Context,
    host: Host,
    username: Annotated[str, typer.Option("--username", "-u", help="Without it you are asked.")] = "",
    password_file: PasswordFile = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="The same as `--password-file -`, as docker and podman call it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a login at the registry, and save it."""
    username = username or typer.prompt("Username", err=True)
    password = read_password(Path("-") if password_stdin else password_file, twice=False)
    with start_of(context).backend() as backend:
        backend.log_in(host, username, password)
    if as_json:
        print_json({"host": host, "username": username})
    else:
        say(f"Logged in at {host} as {username}")


@commands.command()
def logout(context: typer.Context, host: Host, as_json: AsJson = False) -> None:
    """Forget a login."""
    with start_of(context).backend() as backend:
        backend.log_out(host)
    if as_json:
        print_json({"host": host})
    else:
        say(f"Logged out of {host}")


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the logins that downloads use, and where each is kept."""
    with start_of(context).backend() as backend:
        rows = backend.registries()
    if as_json:
        print_json(rows)
    else:
        print_table(
            (Column("HOST"), Column("USERNAME"), Column("KEPT IN")),
            [(row["host"], row["username"], row["source"]) for row in rows],
        )
