"""Write the generated pages of docs/ anew, or (`--check`) name those that lag behind the code."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import imagedepot
from imagedepot.api.http.openapi import document
from imagedepot.api.v1.operations import operations
from imagedepot.app import parts_of
from imagedepot.cli.exits import MEANINGS
from imagedepot.cli.main import PROGRAM, app
from imagedepot.config import SETTINGS, Setting, load
from imagedepot.wiring.services import open_services

DOCS = Path(__file__).parents[1] / "docs"
_WIDTH = 100
_ORIGIN = "<!-- Written by `make docs` from the code; changes here are overwritten. -->\n"


def command_line() -> str:
    """`cli.md`: what `--help` says of every command, and the exit codes."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in sorted(MEANINGS.items()))
    helps = "".join(f"\n## {title}\n\n```text\n{text}\n```\n" for title, text in _helps())
    return f"""{_ORIGIN}# The command line

Every command works with a running service (over `control.sock` in its data folder) and without one (this process does
the work, and holds the data folder meanwhile). Results go to standard output; progress, warnings and errors to standard
error. On a terminal results are tables; elsewhere they are lines with tabs between the cells, without titles.

`--json` prints what the REST API answers (see [the API](api.md)), on one line where no person looks;
`--format EXPRESSION` what a [JMESPath](https://jmespath.org) expression finds in it, a line for each value of a list.

`{PROGRAM} --install-completion` teaches your shell the commands, their options and the images that are here;
`{PROGRAM} --show-completion` prints the script.

## Exit codes

| code | meaning |
| ---: | --- |
{codes}{helps}"""


def settings() -> str:
    """`settings.md`: the table of settings."""
    rows = "".join(map(_row, SETTINGS))
    return f"""{_ORIGIN}# Settings

A value is taken from the first of these that has one:

1. the command line: `{PROGRAM} serve --max-downloads 5`
2. the environment: `IMAGEDEPOT_MAX_DOWNLOADS=5` (an empty variable counts as not set)
3. what was changed while the service runs, in the web UI or over the API; kept in the database
4. the configuration files `$XDG_CONFIG_HOME/imagedepot/config.toml` (usually `~/.config/…`), then
   `/etc/imagedepot/config.toml`; or the one that `{PROGRAM} --config FILE` names: `max_downloads = 5`
5. the default

What a flag or the environment sets is read-only in the web UI. A wrong value is named with its reason, and nothing
starts; so is a name that does not exist.

The last column says whether a setting can be changed while the service runs, and whether the change counts at once or
from the next start on.

| setting | flag of `serve` | default | meaning | at run time |
| --- | --- | --- | --- | --- |
{rows}
Logins at registries are no settings: they are read from `auth.json` of Podman and skopeo, then from Docker's
`config.json`, credential helpers included. `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are
honoured, and checked like a setting: `http://` and `https://` proxies, with `user:password@` percent-encoded.
"""


def open_api() -> str:
    """`openapi.json`: the OpenAPI document, which the web UI's types are generated from."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_services(load({"IMAGEDEPOT_DATA_DIR": folder}, files=(), environment={})) as services,
    ):
        described = document(operations(parts_of(services)), imagedepot.__version__, "", services.upstreams.depots)
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": command_line,
    "settings.md": settings,
    "openapi.json": open_api,
}


def _helps() -> Iterator[tuple[str, str]]:
    yield from _walk(typer.main.get_command(app), PROGRAM, None)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=_WIDTH, **command.context_settings
    )
    lines = command.get_help(context).splitlines()
    yield context.command_path, "\n".join(line.rstrip() for line in lines)
    for below in getattr(command, "commands", {}).values():
        yield from _walk(below, below.name, context)


def _row(setting: Setting) -> str:
    default = setting.shown or f"`{setting.default}`"
    change = "from the next start on" if setting.restart else "at once"
    meaning = setting.meaning.replace("|", "\\|")
    return f"| `{setting.name}` | `{setting.flag}` | {default} | {meaning} | {change if setting.runtime else 'no'} |\n"


def lagging(folder: Path = DOCS) -> list[str]:
    """The pages that are not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    if "--check" in sys.argv[1:]:
        late = lagging()
        for name in late:
            print(f"docs/{name} is not what the code says: run `make docs`", file=sys.stderr)
        return 1 if late else 0
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
