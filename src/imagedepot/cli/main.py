"""The command line's entry: all commands, and the one place where failures become a sentence and an exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from imagedepot import __version__
from imagedepot.cli import exits
from imagedepot.cli.backend.start import Start
from imagedepot.cli.commands import catalog, downloads, registry, user
from imagedepot.cli.commands.gc import gc
from imagedepot.cli.commands.inspect import inspect
from imagedepot.cli.commands.limits import limits
from imagedepot.cli.commands.list import list_
from imagedepot.cli.commands.lxc_files import lxc_files
from imagedepot.cli.commands.pull import pull
from imagedepot.cli.commands.remove import remove
from imagedepot.cli.commands.search import search
from imagedepot.cli.commands.serve import serve
from imagedepot.cli.commands.tags import tags
from imagedepot.cli.commands.verify import verify
from imagedepot.cli.commands.version import version
from imagedepot.cli.render.output import note
from imagedepot.errors import DepotError

PROGRAM = "imagedepot"


class Commands(TyperGroup):
    """Who reads our output may stop reading (`imagedepot list | head -1`): that is no failure to speak of."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # What is still in Python's buffer would be written at exit, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(exits.OUTPUT_CLOSED) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: Rich takes 80 ms, and docs/cli.md shows the same text
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def imagedepot(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings, in place of the usual ones.")
    ] = None,
    data_dir: Annotated[
        str, typer.Option(metavar="FOLDER", help="Folder of everything that the service keeps.", show_default=False)
    ] = "",
) -> None:
    """One service for every container image on a NAS, a home server or an edge box.

    Every command works with a running service and without one. Settings are read from the command line, then from
    the environment (IMAGEDEPOT_*), then from a file.
    """
    context.obj = Start({"IMAGEDEPOT_DATA_DIR": data_dir} if data_dir else {}, config)


for _command in (serve, pull, list_, inspect, tags, search, remove):
    app.command(name=_command.__name__.rstrip("_"))(_command)
app.add_typer(downloads.commands, name="downloads")
app.command(name="lxc-files")(lxc_files)
app.add_typer(catalog.commands, name="catalog")
app.add_typer(registry.commands, name="registry")
app.command()(limits)
app.add_typer(user.commands, name="user")
app.command()(verify)
app.command()(gc)
app.command()(version)


def main() -> None:
    """`imagedepot`; ends the process, and at once: to take the interpreter apart costs 30 ms and helps nobody."""
    code = run(sys.argv[1:])
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it has gone
            stream.flush()
    os._exit(code)


def run(arguments: list[str], commands: typer.Typer = app) -> int:
    """Carry out one command line; its exit code. Nothing but a sentence is ever printed for a failure."""
    try:
        return _code(commands(arguments, prog_name=PROGRAM, standalone_mode=False))
    except TyperException as error:
        return _wrong_usage(error)
    except DepotError as error:
        note(f"{PROGRAM}: {error}")
        return exits.code_of(error)
    except (KeyboardInterrupt, typer.Abort):
        note(f"{PROGRAM}: interrupted")
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a traceback helps nobody who only wants an image
        note(f"{PROGRAM}: an internal error ({type(error).__name__}); the details are in {_details()}")
        return exits.UNEXPECTED


def _code(answer: object) -> int:
    """Commands return nothing; Typer's `Exit` comes back as its code."""
    return answer if isinstance(answer, int) else exits.OK


def _wrong_usage(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    text = error.format_message().replace(": Value error, ", ": ")  # a word of the library's own library
    if context is not None and text == context.get_help():  # no command at all: its help is the answer
        typer.echo(text, err=True)
        return exits.USAGE
    note(f"{PROGRAM}: {text}")
    if context is not None:
        note(f"Try `{context.command_path} --help`.")
    return exits.USAGE


def _details() -> str:
    """The traceback in a file of its own, for a report."""
    # Late: nobody needs these while all goes well.
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="imagedepot-", suffix=".txt", delete=False) as file:
        file.write(f"Image Depot {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
    return file.name
