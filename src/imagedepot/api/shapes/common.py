"""What many answers have in common."""

from __future__ import annotations

from imagedepot.api.http.schema import Schema, integer, nullable, one_of, text, thing
from imagedepot.model.image import DepotName, ImageType

TYPE = one_of([*ImageType], "Type of the image.")
DEPOT = one_of([*DepotName], "Depot: where the image comes from.")
NULL_PLATFORM = nullable(text("`os/architecture[/variant]`; null for the host's."))

ERROR = thing(
    "Error",
    {
        "error": thing(
            "",
            {
                "code": integer("The HTTP status once more."),
                "message": text("One sentence for a person: what, which and why."),
            },
        )
    },
    about="Every failure has this shape.",
)
NOTHING = thing("Nothing", {}, about="An empty object: it is done, or has begun.")


def bytes_(about: str) -> Schema:
    return integer(about, minimum=0)
