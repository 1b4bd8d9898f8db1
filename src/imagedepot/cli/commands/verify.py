"""`imagedepot verify`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli import exits
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import print_json, say


def verify(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put what is wrong aside and fetch it again from where it came.")
    ] = False,
    slice_: Annotated[
        str, typer.Option("--slice", metavar="N/OF", help="Check one part, such as 2/8; other nodes check the others.")
    ] = "1/1",
    as_json: AsJson = False,
) -> None:
    """Check every stored file against its checksum.

    The exit code is 1 when something is wrong and was not repaired.
    """
    with start_of(context).backend() as backend:
        answer = backend.verify(repair, slice_)
    if as_json:
        print_json(answer)
    else:
        for problem in answer["problems"]:
            users = ", ".join(problem["images"]) or "no image"
            end = "repaired" if problem["repaired"] else "not repaired"
            say(f"{problem['path']}: {problem['reason']}; used by {users}; {end}")
        checked, wrong = count(answer["checked"], "file"), count(len(answer["problems"]), "problem")
        unnamed = answer["unnamed"]
        for digest in unnamed["digests"]:
            say(f"{digest}: no image needs it")
        if unnamed["files"]:
            say(
                f"{count(unnamed['files'], 'file')}, {size(unnamed['bytes'])}, that no image needs: 'imagedepot gc' "
                f"deletes them; those of a lost list of images only with --unnamed"
            )
        say(f"Verified {checked}, {size(answer['bytes'])}: {wrong}")
    if any(not problem["repaired"] for problem in answer["problems"]):
        raise typer.Exit(exits.BAD_OUTCOME)
