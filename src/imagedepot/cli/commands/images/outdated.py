"""`imagedepot outdated`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, Format
from imagedepot.cli.render.amounts import age, count, size
from imagedepot.cli.render.output import Column, note, print_asked, print_table
from imagedepot.model.image import ImageType, titled

_COLUMNS = (Column("IMAGE"), Column("TYPE"), Column("NEWER"), Column("SIZE", right=True), Column("CHECKED"))


def outdated(
    context: typer.Context,
    cached: Annotated[bool, typer.Option("--cached", help="Ask no upstream: show what is known.")] = False,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """List the images that have an update.

    Asks each upstream by one HEAD, which counts as no pull; what was asked within ten minutes is not asked again.
    """
    with start_of(context).backend() as backend:
        if not cached:
            backend.check_updates()
        answer = backend.updates()
    rows = answer["results"]
    if print_asked({**answer, "results": [row for row in rows if row["update"]]}, as_json, format_):
        return
    for row in rows:
        if row["error"]:
            note(f"{titled(ImageType(row['type']), row['name'], row['tag'])}: {row['error']}")
    found = [row for row in rows if row["update"]]
    print_table(
        _COLUMNS,
        [
            (
                titled(ImageType(row["type"]), row["name"], row["tag"]),
                row["type"],
                row["version"] or (row["upstream"] or "").partition(":")[2][:12],
                size(row["size"]),
                age(row["checked"]),
            )
            for row in found
        ],
    )
    if not found:
        note(f"No updates for {count(len(rows), 'image')}")
