"""Options and arguments that several commands take, in the same words everywhere."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from imagedepot.cli.commands.completion import complete_local
from imagedepot.model.image import ImageType

DepotName: TypeAlias = Literal["local", "appcenter", "official", "dockerhub"]
"""The ids in `model.depot.BUILT_IN`, as values of an option."""
AsJson = Annotated[bool, typer.Option("--json", help="Print the REST API's JSON instead of words.")]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="EXPRESSION",
        help="Print what this JMESPath expression finds in the JSON, such as `results[].name`.",
        show_default=False,
    ),
]
OfType = Annotated[ImageType, typer.Option("--type", "-t", help="Kind of image.")]
AnyType = Annotated[ImageType | None, typer.Option("--type", "-t", help="Only images of this kind.")]
LocalName = Annotated[
    str, typer.Argument(metavar="NAME[:TAG]", help="An image in the store.", autocompletion=complete_local)
]
LocalNames = Annotated[
    list[str], typer.Argument(metavar="NAME[:TAG]...", help="Images in the store.", autocompletion=complete_local)
]
