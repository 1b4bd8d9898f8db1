"""`imagedepot settings`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.local_audit import write
from imagedepot.cli.backend.start import service_backend, start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.config import BY_KEY, BY_NAME
from imagedepot.database.stored import forget_settings
from imagedepot.errors import NotFound
from imagedepot.files.locks import data_dir_lock
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.settings import Setting
from imagedepot.wiring.database import place_of

commands = typer.Typer(no_args_is_help=True, help="What the service is set to.")

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Such as IMAGEDEPOT_BANDWIDTH or bandwidth; without it all.")
]


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List every setting, with where its value comes from."""
    settings = start_of(context).settings()
    client = service_backend(settings)
    rows = client.settings() if client else [plain(Setting.of(row)) for row in settings.rows()]
    for name, reason in settings.refused.items():
        note(f"{name}, changed at run time, is ignored: {reason}")
    if as_json:
        print_json(rows)
    else:
        print_table(
            (Column("NAME"), Column("VALUE"), Column("SOURCE")),
            [(row["name"], row["value"], row["source"]) for row in rows],
        )


@commands.command()
def reset(context: typer.Context, name: Name = None, as_json: AsJson = False) -> None:
    """Reset a setting, or all of them, that were changed at run time.

    It works without a running service too, and for settings that this version does not know.
    """
    known = BY_KEY.get((name or "").removeprefix("--").replace("-", "_").lower())
    full = known.name if known else name
    settings = start_of(context).settings()
    client = service_backend(settings)
    if client is None:
        with data_dir_lock(settings.data_dir):
            names = forget_settings(place_of(settings), full)
            for each in names:
                write(settings, "setting.reset", each)
        if full and not names and full not in BY_NAME:
            raise NotFound(f"There is no setting {full}")
    else:
        rows = [client.reset_setting(full)] if full else client.reset_settings()
        names = [row["name"] for row in rows]
    if as_json:
        print_json(names)
    elif names:
        say(f"Reset {', '.join(names)}")
    else:
        note(f"{full or 'No setting'} was not changed at run time")
