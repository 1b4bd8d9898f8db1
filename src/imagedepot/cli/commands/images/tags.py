"""`imagedepot tags`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.commands.completion import complete_local
from imagedepot.cli.options import AsJson, Format
from imagedepot.cli.render.output import Column, print_asked, print_table
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference
from imagedepot.service.finding.tag_order import group_tags


def tags(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A repository, such as redis or ghcr.io/owner/name.", autocompletion=complete_local
        ),
    ],
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """List the tags of a repository, the newest version first, and mark those that are here."""
    reference = Reference.parse(as_reference(name))
    with start_of(context).backend() as backend:
        answer = backend.tags(reference.familiar_name, reference.is_official)
    if print_asked(answer, as_json, format_):
        return
    here = set(answer["installed"])
    tags = [tag for group in group_tags(answer["tags"]) for tag in group.tags]
    print_table((Column("TAG"), Column("INSTALLED")), [(tag, "yes" if tag in here else "") for tag in tags], "No tags")
