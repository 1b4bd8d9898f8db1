"""`imagedepot notifications`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import age
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.errors import InvalidInput
from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.model.text.texts import short

commands = typer.Typer(no_args_is_help=True, help="Notifications of events by webhook, ntfy, e-mail and others.")
Id = Annotated[str, typer.Argument(metavar="ID", help="As `imagedepot notifications list` shows it.")]


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the channels, and how the latest message fared."""
    with start_of(context).backend() as backend:
        rows = backend.notification_channels()
    if as_json:
        print_json(rows)
        return
    titles = ("ID", "NAME", "KIND", "ADDRESS", "EVENTS", "SENT", "WAITING", "ERROR")
    print_table(
        tuple(Column(title) for title in titles),
        [
            (
                row["id"],
                row["name"],
                row["kind"],
                row["address"],
                "all" if len(row["events"]) == len(Event) else ",".join(row["events"]),
                age(row["sent"]) or "never",
                row["waiting"],
                short(row["error"] or "", 200),
            )
            for row in rows
        ],
    )


@commands.command()
def add(
    context: typer.Context,
    kind: Annotated[ChannelKind, typer.Argument(metavar="KIND", help="webhook, ntfy, email, apprise or mqtt.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="https://…, https://ntfy.sh/TOPIC, smtp://HOST, smtps://HOST, mqtt://HOST, or one of Apprise.",
        ),
    ],
    event: Annotated[list[Event] | None, typer.Option(help="Tell of this alone; can be repeated.")] = None,
    username: Annotated[str, typer.Option(metavar="NAME", help="Of the login at the mail server or broker.")] = "",
    secret_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the signing key, token or password; - for standard input."),
    ] = None,
    sender: Annotated[str, typer.Option("--from", metavar="MAIL", help="E-mail: where it comes from.")] = "",
    to: Annotated[list[str] | None, typer.Option(metavar="MAIL", help="E-mail: to whom; can be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a channel. Send it a test afterwards."""
    secret = _read(secret_file) if secret_file else ""
    target = Target(kind, address, username, secret, sender, tuple(to or ()))
    with start_of(context).backend() as backend:
        row = backend.add_notification_channel(name, target, event or list(Event))
    if as_json:
        print_json(row)
        return
    note(f"Added the channel {row['id']}; test it: imagedepot notifications test {row['id']}")
    if row["secret"]:
        note("Its receiver checks signatures with this key, which is not shown again:")
        say(row["secret"])


@commands.command()
def remove(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """Remove a channel, with what waits for it."""
    with start_of(context).backend() as backend:
        backend.remove_notification_channel(id_)
    if as_json:
        print_json({"id": id_})
    else:
        say(f"Removed the channel {id_}")


@commands.command()
def test(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """Send a test to a channel, and wait until the receiver has it."""
    with start_of(context).backend() as backend:
        backend.test_notification_channel(id_)
    if as_json:
        print_json({"id": id_})
    else:
        say(f"The channel {id_} has the test")


def _read(file: Path) -> str:
    """The first line. Raises `InvalidInput`."""
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"Cannot read {file}") from error
    return text.strip().partition("\n")[0]
