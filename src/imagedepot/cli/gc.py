"""`imagedepot gc`"""

from __future__ import annotations

import typer

from imagedepot.cli.amounts import count, size
from imagedepot.cli.options import AsJson
from imagedepot.cli.output import print_json, say
from imagedepot.cli.start import start_of


def gc(context: typer.Context, as_json: AsJson = False) -> None:
    """Free the space of files that no image needs."""
    with start_of(context).desk() as desk:
        answer = desk.clean_up()
    if as_json:
        print_json(answer)
    else:
        say(f"Freed {size(answer['freed'])} in {count(answer['files'], 'file')}")
