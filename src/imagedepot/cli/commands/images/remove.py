"""`imagedepot remove`"""

from __future__ import annotations

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, LocalNames, OfType
from imagedepot.cli.render.output import print_json, say
from imagedepot.model.image import ImageType


def remove(
    context: typer.Context, images: LocalNames, type_: OfType = ImageType.DOCKER, as_json: AsJson = False
) -> None:
    """Remove images, and free what nothing else uses.

    NAME alone removes every tag of it, NAME:TAG only that one, NAME@DIGEST only the image of that digest.
    """
    wanted = [names.without_default(type_, text) for text in images]
    answers = []
    with start_of(context).backend() as backend:
        for name in wanted:
            answers.append(backend.remove(type_, name))
            if not as_json:
                say(f"Removed {name}")
    if as_json:
        print_json(answers)
