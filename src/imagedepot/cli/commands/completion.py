"""Names of images for the shell to complete."""

from __future__ import annotations

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.errors import DepotError
from imagedepot.model.image import ImageType, titled


def complete_local(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the title of an image in the store. Completes nothing when the store does not answer."""
    try:
        with start_of(context).backend() as backend:
            rows = backend.images("local")["results"]
    except DepotError:
        return []
    names = [name for row in rows for name in (titled(ImageType(row["type"]), row["name"], tag) for tag in row["tags"])]
    return [name for name in names if name.startswith(incomplete)]
