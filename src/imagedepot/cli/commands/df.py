"""`imagedepot df`"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, Format
from imagedepot.cli.render.amounts import size
from imagedepot.cli.render.output import Column, print_asked, print_table, say
from imagedepot.model.stores import EMBEDDED

_PARTS = {"images": "Images", "mirror": "Mirror", "partial": "Partial files", "unneeded": "Files no longer needed"}
_COLUMNS = (
    Column("TYPE"),
    Column("TOTAL", right=True),
    Column("SIZE", right=True),
    Column("RECLAIMABLE", right=True),
)
_IMAGES = (
    Column("IMAGE"),
    Column("TYPE"),
    Column("STORE"),
    Column("SIZE", right=True),
    Column("SHARED", right=True),
    Column("UNIQUE", right=True),
)


def df(
    context: typer.Context,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show each image, and what its removal frees.")
    ] = False,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """Show what uses the disk, and what can be freed.

    Reclaimable is what `gc` frees. Images in an engine such as Podman are not in the data folder; their sizes are what
    the engine says, with what they share counted for each.
    """
    with start_of(context).backend() as backend:
        space = backend.space()
    if print_asked(space, as_json, format_):
        return
    if verbose:
        print_table(_IMAGES, [_image(row) for row in sorted(space["images"], key=lambda row: -row["own"])], "No images")
    else:
        print_table(_COLUMNS, [*_parts(space), *_engines(space["images"])])
        usable = max(0, space["free"] - space["reserve"])
        say(f"{size(space['used'])} used, {size(usable)} of {size(space['total'])} free")


def _parts(space: Json) -> Iterator[tuple[object, ...]]:
    """One line for each part of the data folder."""
    images = sum(row["store"] == EMBEDDED for row in space["images"])
    for row in space["parts"]:
        total = images if row["part"] == "images" else row["files"]
        yield (
            _PARTS.get(row["part"], row["part"]),
            "" if total is None else f"{total:,}",
            size(row["bytes"]),
            size(row["reclaimable"]),
        )


def _engines(images: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    """One line for each store that is not ours."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for row in images:
        if row["store"] != EMBEDDED:
            sizes[row["store"]].append(row["size"])
    for store, each in sorted(sizes.items()):
        yield f"Images in {store}", f"{len(each):,}", size(sum(each)), size(0)


def _image(row: Json) -> tuple[object, ...]:
    return row["reference"], row["type"], row["store"], size(row["size"]), size(row["shared"]), size(row["own"])
