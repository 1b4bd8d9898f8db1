"""`imagedepot pull`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli import exits, names
from imagedepot.cli.backend.protocol import Backend, Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, OfType
from imagedepot.cli.render.bars import follow
from imagedepot.cli.render.output import note, print_json, say
from imagedepot.model.image import DepotName, ImageType, titled
from imagedepot.model.platform import Platform


def pull(
    context: typer.Context,
    references: Annotated[
        list[str], typer.Argument(metavar="REFERENCE...", help="Images, such as redis:7 or ghcr.io/owner/name.")
    ],
    type_: OfType = ImageType.DOCKER,
    platform: Annotated[str, typer.Option(help="Such as linux/arm64; without it the host's.", metavar="PLATFORM")] = "",
    depot: Annotated[
        DepotName | None,
        typer.Option("--depot", help="Where from; without it the registry for docker, the App Center for lxc."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download images and show progress.

    Works with and without a running service. After Ctrl-C the same command resumes the download.
    """
    wanted = [names.split(type_, text) for text in names.without_command(references)]
    body = {"platform": str(Platform.parse(platform))} if platform else {}
    rows = []
    with start_of(context).backend() as backend:
        for name, tag in wanted:
            try:
                row = _pull(backend, depot or names.depot_of(type_), type_, name, tag, body)
            except KeyboardInterrupt:
                note(f"imagedepot: {titled(type_, name, tag)}: interrupted; {backend.interrupted}")
                raise
            rows.append(row)
            if row["status"] == "done" and not as_json:
                title = titled(type_, name, tag)
                say(f"{title}: downloaded" if row["layers"] else f"{title}: is up to date")
    if as_json:
        print_json(rows)
    failed = [row["reason"] for row in rows if row["status"] != "done"]
    if failed:
        raise typer.Exit(exits.code_of_downloads(failed))


def _pull(backend: Backend, depot: DepotName, type_: ImageType, name: str, tag: str, body: dict[str, str]) -> Json:
    title = titled(type_, name, tag)
    row = follow(backend.pull(depot, type_, name, tag, body), title)
    if row.get("warning"):
        note(f"{title}: {row['warning']}")
    if row["status"] == "failed":
        note(f"imagedepot: {row['error']}")
    elif row["status"] == "cancelled":
        note(f"imagedepot: {title}: the download was cancelled")
    return row
