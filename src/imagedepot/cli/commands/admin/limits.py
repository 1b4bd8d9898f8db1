"""`imagedepot limits`"""

from __future__ import annotations

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import clock
from imagedepot.cli.render.output import print_json, say


def limits(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how many pulls Docker Hub has left for this host.

    According to its last answer; sends no request.
    """
    with start_of(context).backend() as backend:
        answer = backend.limits()
    if as_json:
        print_json(answer)
    elif answer["remaining"] is None:
        say("Docker Hub has not reported a limit yet")
    else:
        of = f" of {answer['limit']}" if answer["limit"] is not None else ""
        until = f" until {clock(answer['resets'])}" if answer["resets"] else ""
        say(f"{answer['remaining']}{of} pulls left{until}")
