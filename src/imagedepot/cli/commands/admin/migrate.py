"""`imagedepot migrate`"""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import note, print_json, say

if TYPE_CHECKING:
    from imagedepot.config import Settings
    from imagedepot.migration.blobs import Moving
    from imagedepot.wiring.migration import Migrated

_EVERY_SECONDS = 5.0
_AGAIN = "run the same command again, and it goes on where it stopped"


def migrate(
    context: typer.Context,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The new data folder, which is empty.", show_default=False)
    ],
    blobs: Annotated[
        str, typer.Option("--to-blobs", metavar="ADDRESS", help="As IMAGEDEPOT_BLOBS; without it, the new data folder.")
    ] = "",
    database: Annotated[
        str,
        typer.Option(
            "--to-database",
            metavar="ADDRESS",
            help="As IMAGEDEPOT_DATABASE; without it, a file in the new data folder.",
        ),
    ] = "",
    password_file: Annotated[
        Path | None,
        typer.Option("--to-database-password-file", metavar="FILE", help="Its password, to keep it off this line."),
    ] = None,
    blobs_only: Annotated[
        bool,
        typer.Option("--blobs-only", help="Copy blobs ahead, while the service may be running; run it again without."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be copied, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move everything to another data folder, to a bucket and PostgreSQL, or back, while no service runs.

    What is moved is what the settings name (--data-dir, IMAGEDEPOT_BLOBS, IMAGEDEPOT_DATABASE), and it stays as it is.
    Each blob is read again at the target. Stopped at any moment, the same command goes on.
    """
    # Late: only this command needs it.
    from imagedepot.errors import StorageFailure
    from imagedepot.wiring import migration

    source = start_of(context).settings()
    target = migration.target_settings(to.absolute(), blobs, database, password_file)
    if dry_run:
        _tell_plan(source, target, as_json)
        return
    try:
        done = migration.migrate(source, target, blobs_only, _Progress())
    except (StorageFailure, KeyboardInterrupt):
        note(f"The migration has not ended: {_AGAIN}")
        raise
    _tell(done, target, as_json)


class _Progress:
    """A line on standard error, every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, moving: Moving) -> None:
        if time.monotonic() - self._last >= _EVERY_SECONDS:
            self._last = time.monotonic()
            note(
                f"{moving.files:,} of {count(moving.all_files, 'file')}, {size(moving.bytes)} of "
                f"{size(moving.all_bytes)}, copied and verified"
            )


def _tell_plan(source: Settings, target: Settings, as_json: bool) -> None:
    from imagedepot.wiring.migration import look

    found = look(source, target)
    if as_json:
        print_json({"files": found.files, "bytes": found.bytes, "lacking": found.lacking})
        return
    say(
        f"Would move {count(found.files, 'file')}, {size(found.bytes)}, of which {size(found.lacking)} are not at the "
        f"target yet, and then rows and lists of images"
    )


def _tell(done: Migrated, target: Settings, as_json: bool) -> None:
    from imagedepot.wiring.migration import assignments

    moving, state = done.blobs, done.state
    if moving.damaged:
        files = count(len(moving.damaged), "file")
        note(f"{files} were damaged and are left out: `imagedepot verify --repair` fetches what came from a registry")
    if as_json:
        damaged = [str(digest) for digest in moving.damaged]
        told = {"files": moving.files, "bytes": moving.bytes, "copied": moving.copied, "damaged": damaged}
        print_json({**told, **({"images": state.images, "rows": dict(state.rows)} if state else {})})
        return
    verified = f"{count(moving.files, 'file')}, {size(moving.bytes)}"
    say(f"Verified {verified}, at the target; {moving.copied:,} were copied now")
    if state is None:
        say("Rows and lists of images are not moved yet: stop the service, and run it again without --blobs-only")
        return
    rows = ", ".join(f"{number:,} {table.replace('_', ' ')}" for table, number in state.rows.items() if number)
    say(f"Moved {count(state.images, 'image')}; rows: {rows or 'none'}")
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in assignments(target).items())
    say(f"Start the service with {words}")
