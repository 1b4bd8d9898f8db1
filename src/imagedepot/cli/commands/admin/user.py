"""`imagedepot user`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import age
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.files.exposure import exposure
from imagedepot.model.access.role import Role

commands = typer.Typer(
    no_args_is_help=True,
    help="Who may log in. With no user, the service serves this machine alone, or waits for its setup.",
)

Name = Annotated[str, typer.Argument(metavar="NAME")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="File with the password, `-` for standard input; without it you are asked.")
]


@commands.command()
def add(
    context: typer.Context,
    name: Name,
    role: Annotated[
        Role | None,
        typer.Option(help="A viewer looks, a member downloads and pushes too, an administrator does everything."),
    ] = None,
    admin: Annotated[bool, typer.Option("--admin", help="The same as `--role administrator`.")] = False,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a user: by default a viewer; the first user is always an administrator."""
    if admin and role not in (None, Role.ADMIN):
        raise typer.BadParameter("--admin and --role contradict each other")
    password = read_password(password_file, twice=True)
    with start_of(context).backend() as backend:
        row = backend.add_user(name, password, Role.ADMIN if admin else role or Role.VIEWER)
    if as_json:
        print_json(row)
    else:
        say(f"Added the {row['role']} {row['username']}")


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the users."""
    with start_of(context).backend() as backend:
        rows = backend.users()
    if as_json:
        print_json(rows)
    else:
        print_table(
            (Column("NAME"), Column("ROLE"), Column("ADDED")),
            [(row["username"], row["role"], age(row["created"])) for row in rows],
        )


@commands.command()
def role(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="viewer, member or administrator.")],
    as_json: AsJson = False,
) -> None:
    """Change what a user may do."""
    with start_of(context).backend() as backend:
        row = backend.change_role(name, role)
    if as_json:
        print_json(row)
    else:
        say(f"{name}: {row['role']}")


@commands.command()
def passwd(context: typer.Context, name: Name, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Change a user's password, and end their sessions."""
    password = read_password(password_file, twice=True)
    with start_of(context).backend() as backend:
        row = backend.change_password(name, password)
    if as_json:
        print_json(row)
    else:
        say(f"Changed the password of {name}")


@commands.command()
def remove(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Remove a user."""
    with start_of(context).backend() as backend:
        backend.remove_user(name)
    if as_json:
        print_json({"username": name})
    else:
        say(f"Removed the user {name}")


def read_password(file: Path | None, twice: bool) -> str:
    """Read a password; never from the command line, which other users of the host can read."""
    if file is None and not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask for the password; use --password-file")
    if file is None:
        answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True)
        return answer
    if str(file) == "-":
        return sys.stdin.readline().rstrip("\n")
    if warning := exposure(file):
        note(f"warning: {warning}")
    try:
        return file.read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"the password file {file} cannot be read") from error
