"""`imagedepot serve`: the service in the foreground. Its flags are the table of settings."""

from __future__ import annotations

import inspect
import logging
import os
from typing import Annotated

import typer

from imagedepot.cli import exits
from imagedepot.cli.backend.start import start_of
from imagedepot.config import SETTINGS, Setting
from imagedepot.server.shutdown import Shutdown


def serve(context: typer.Context, **flags: str | None) -> None:
    """Start the service and stay until Ctrl-C or SIGTERM.

    Every setting is a flag here, an environment variable (IMAGEDEPOT_LISTEN for --listen) and a key of the
    configuration file (listen); what is given here wins.
    """
    ending = Shutdown()
    ending.watch()
    named = {setting.name: flags[setting.key] for setting in SETTINGS}
    settings = start_of(context).settings({name: text for name, text in named.items() if text is not None})
    # Late: only this command needs a web framework, a database and a log.
    from imagedepot.server import logs
    from imagedepot.server import process as server

    logs.set_up(settings.log_level, settings.log_format)
    server.serve(settings, ending)
    # All is closed. A thread that still waits for a hung upstream must not keep the process.
    logging.shutdown()
    os._exit(exits.OK)


def _flag(setting: Setting) -> inspect.Parameter:
    usual = setting.shown or setting.default
    option = typer.Option(
        setting.flag, metavar="TEXT", help=f"{setting.meaning} [default: {usual}]", show_default=False
    )
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(setting.key, kind, default=None, annotation=Annotated[str | None, option])


_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
# Typer reads a command's flags from its signature.
setattr(serve, "__signature__", inspect.Signature([_CONTEXT, *map(_flag, SETTINGS)]))  # noqa: B010 - mypy's wish
