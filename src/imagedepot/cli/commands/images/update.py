"""`imagedepot update`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli import exits, names
from imagedepot.cli.backend.protocol import Backend, Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.completion import complete_local
from imagedepot.cli.options import AsJson, OfType
from imagedepot.cli.render.bars import follow
from imagedepot.cli.render.output import note, print_json, say
from imagedepot.errors import ImageNotFound, InvalidInput
from imagedepot.model.image import ImageType, titled


def update(
    context: typer.Context,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME[:TAG]]...", help="Images in the store.", autocompletion=complete_local),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All images that have an update.")] = False,
    type_: OfType = ImageType.DOCKER,
    as_json: AsJson = False,
) -> None:
    """Download updates of images and show progress.

    A name without a tag means every tag of it. Containers go on with the image that they were started with: restart
    them yourself.
    """
    if every == bool(images):
        raise InvalidInput("Name the images to update, or write --all")
    rows: list[Json] = []
    with start_of(context).backend() as backend:
        named = _named(backend, type_, images or [])
        backend.check_updates(named)
        wanted = [row for row in backend.updates()["results"] if row["update"] and (every or _is_in(row, named))]
        downloads = backend.update([_key(row) for row in wanted]) if wanted else iter(())
        for row, download in zip(wanted, downloads, strict=False):
            title = titled(ImageType(row["type"]), row["name"], row["version"] or row["tag"])
            ended = follow(download, title)
            rows.append(ended)
            if ended["status"] == "done" and not as_json:
                say(f"{title}: updated")
            elif ended["error"]:
                note(f"imagedepot: {ended['error']}")
        updated = [_key(row) for row in wanted]
        current = [row for row in backend.updates()["results"] if _is_in(row, named) and not _is_in(row, updated)]
    for row in current if not as_json else ():
        if row["update"] is False:
            say(f"{titled(ImageType(row['type']), row['name'], row['tag'])}: is up to date")
    for row in [*current, *wanted]:
        if row["error"] and row["update"] is None:
            note(f"imagedepot: {row['error']}")
    if as_json:
        print_json(rows)
    elif every and not wanted:
        note("No updates")
    failed = [row["reason"] for row in rows if row["status"] != "done"]
    if failed:
        raise typer.Exit(exits.code_of_downloads(failed))


def _named(backend: Backend, type_: ImageType, images: list[str]) -> list[Json]:
    """The images that are named, by type, name and tag. Raises `ImageNotFound`."""
    here = [row for row in backend.updates()["results"] if row["type"] == type_]
    found: list[Json] = []
    for text in images:
        wanted = names.without_default(type_, text)
        mine = [row for row in here if wanted in (row["name"], titled(type_, row["name"], row["tag"]))]
        if not mine:
            raise ImageNotFound(wanted)
        found += [_key(row) for row in mine if ":" not in row["tag"] or len(mine) == 1]
    return found


def _key(row: Json) -> Json:
    return {key: row[key] for key in ("type", "name", "tag")}


def _is_in(row: Json, named: list[Json]) -> bool:
    return _key(row) in named
