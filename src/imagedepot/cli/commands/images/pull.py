"""`imagedepot pull`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, DepotName, OfType
from imagedepot.cli.render.bars import follow
from imagedepot.cli.render.ends import exit_unless_done, is_done
from imagedepot.cli.render.output import note, print_json, say
from imagedepot.model.image import ImageType, default_depot, titled
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
            title = titled(type_, name, tag)
            try:
                row = follow(backend.pull(depot or default_depot(type_), type_, name, tag, body), title)
            except KeyboardInterrupt:
                note(f"imagedepot: {title}: interrupted; {backend.interrupted}")
                raise
            rows.append(row)
            if is_done(row, title) and not as_json:
                say(f"{title}: downloaded" if row["layers"] else f"{title}: is up to date")
    if as_json:
        print_json(rows)
    exit_unless_done(rows)
