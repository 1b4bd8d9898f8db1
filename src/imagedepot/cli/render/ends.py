"""How downloads ended: a sentence for each that was not simply done, and the exit code for all."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from imagedepot.cli import exits
from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.render.output import note


def is_done(row: Json, title: str) -> bool:
    """Whether a download that has ended brought its image; its warning and its failure go to stderr."""
    if row.get("warning"):
        note(f"{title}: {row['warning']}")
    if row["status"] == "failed":
        note(f"imagedepot: {row['error']}")
    elif row["status"] == "cancelled":
        note(f"imagedepot: {title}: the download was cancelled")
    return bool(row["status"] == "done")


def exit_unless_done(rows: Sequence[Json]) -> None:
    """Raises `typer.Exit` with the code for those that failed or were cancelled."""
    failed = [row["reason"] for row in rows if row["status"] != "done"]
    if failed:
        raise typer.Exit(exits.code_of_downloads(failed))
