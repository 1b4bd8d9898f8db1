"""`imagedepot version`"""

from __future__ import annotations

import typer

from imagedepot import __version__
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import print_json


def version(as_json: AsJson = False) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": __version__})
    else:
        typer.echo(__version__)
