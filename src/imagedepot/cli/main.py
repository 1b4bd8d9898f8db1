"""The command line's entry: all commands, and the one place where failures become a sentence and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from imagedepot import __version__
from imagedepot.cli import exits
from imagedepot.cli.backend.start import Start
from imagedepot.cli.render.output import note
from imagedepot.cli.suggestions import offered, suggestions
from imagedepot.errors import DepotError

PROGRAM = "imagedepot"

_GROUPS = {
    "Images": {
        "pull": "images.pull:pull",
        "list": "images.list:list_",
        "search": "images.search:search",
        "tags": "images.tags:tags",
        "inspect": "images.inspect:inspect",
        "save": "images.save:save",
        "load": "images.load:load",
        "load-into": "images.load_into:load_into",
        "remove": "images.remove:remove",
        "lxc-files": "images.lxc_files:lxc_files",
    },
    "Updates": {
        "outdated": "images.outdated:outdated",
        "update": "images.update:update",
        "rules": "rules:commands",
    },
    "The service": {
        "serve": "serve:serve",
        "downloads": "downloads:commands",
        "stores": "admin.stores:commands",
        "mirror": "mirror:commands",
        "limits": "admin.limits:limits",
        "catalog": "admin.catalog:commands",
        "registry": "admin.registry:commands",
        "notifications": "admin.notifications:commands",
        "settings": "admin.settings:commands",
    },
    "People and machines": {
        "user": "admin.user:commands",
        "token": "admin.token:commands",
        "session": "admin.session:commands",
        "audit": "admin.audit:audit",
        "tls": "admin.tls:commands",
    },
    "Upkeep": {
        "verify": "verify:verify",
        "df": "df:df",
        "gc": "gc:gc",
        "backup": "admin.backup:backup",
        "restore": "admin.backup:restore",
        "migrate": "admin.migrate:migrate",
        "version": "version:version",
    },
}
"""Each command's module below `cli/commands`, and the function or the Typer group in it, in the order of the help."""

_COMMANDS = {name: place for group in _GROUPS.values() for name, place in group.items()}

_ALIASES = {
    "ls": "images.list:list_",
    "images": "images.list:list_",
    "rm": "images.remove:remove",
    "rmi": "images.remove:remove",
    "prune": "gc:gc",
    "login": "admin.registry:login",
    "logout": "admin.registry:logout",
}
"""What people type who come from Docker and Podman."""

_EXAMPLES = """Examples:
  imagedepot search jellyfin --depot appcenter
  imagedepot pull redis:7 ghcr.io/home-assistant/home-assistant:stable
  imagedepot list --format 'results[].name'
  imagedepot update --all

Also: ls and images (list), rm and rmi (remove), prune (gc), login and logout (registry)."""


class LazyCommands(Mapping[str, Any]):
    """The commands by name. Each is imported and built when it is asked for: a command line pays for its own alone."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = (_COMMANDS.get(name) or _ALIASES[name]).partition(":")
        command = getattr(import_module(f"imagedepot.cli.commands.{module}"), attribute)
        parent = typer.Typer(rich_markup_mode=None, add_completion=False)
        if isinstance(command, typer.Typer):
            parent.add_typer(command, name=name)
            return cast(TyperGroup, typer.main.get_command(parent)).commands[name]
        parent.command(name=name)(command)
        return typer.main.get_command(parent)

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class Commands(TyperGroup):
    """The top level: builds its commands on demand, and ends quietly when the reader of our output stops reading."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands()  # type: ignore[assignment]  # nothing adds to it

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, names in _GROUPS.items():
            room = formatter.width - 6 - max(map(len, _COMMANDS))
            rows = [(name, self.commands[name].get_short_help_str(room)) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows, col_max=30)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        formatter.write_paragraph()
        for line in _EXAMPLES.splitlines():
            formatter.write(f"{line}\n")

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Offer the other names of commands too, which Typer's own suggestions leave out."""
        self.suggest_commands = False
        try:
            return super().resolve_command(ctx, args)
        except TyperException as error:
            if args and not args[0].startswith("-"):
                error.message = error.message.rstrip(".") + offered(suggestions(args[0], [*_COMMANDS, *_ALIASES]))
            raise

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


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def imagedepot(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings, in place of the usual ones.")
    ] = None,
    data_dir: Annotated[
        str, typer.Option(metavar="FOLDER", help="Folder of everything that the service keeps.", show_default=False)
    ] = "",
    version: Annotated[  # noqa: ARG001 - its callback prints
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """One service for every container image on a NAS, a home server or an edge box.

    Every command works with a running service and without one. Settings are read from the command line, then from
    the environment (IMAGEDEPOT_*), then from a file.
    """
    context.obj = Start({"IMAGEDEPOT_DATA_DIR": data_dir} if data_dir else {}, config)


def main() -> None:
    """Run `imagedepot` and end the process at once: an orderly end of the interpreter costs 30 ms and is of no use."""
    code = run(sys.argv[1:])
    if logging := sys.modules.get("logging"):  # most commands log nothing and never load it
        logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # its reader has gone
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
    except Exception as error:  # noqa: BLE001 - a traceback is of no use to a user
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
    if near := getattr(error, "possibilities", None):  # of an option; in the words that commands are offered in
        text = error.message.rstrip(".") + offered(sorted(near))
    note(f"{PROGRAM}: {text}")
    if context is not None:
        note(f"Try `{context.command_path} --help`.")
    return exits.USAGE


def _details() -> str:
    """The traceback in a file of its own, for a report."""
    # Late: these are needed only after a failure.
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="imagedepot-", suffix=".txt", delete=False) as file:
        file.write(f"Image Depot {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
    return file.name
