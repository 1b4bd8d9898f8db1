"""Rows of downloads."""

from __future__ import annotations

from typing import Any

from imagedepot.api.http.schema import array, integer, moment, nullable, one_of, text, thing
from imagedepot.api.shapes.common import DEPOT, NULL_PLATFORM, TYPE, bytes_
from imagedepot.model.download import DownloadStatus, PartStatus

_PART = thing(
    "DownloadLayer",
    {
        "digest": text("Digest of the blob, or another name of the file."),
        "size": nullable(bytes_("Null while nobody has told it.")),
        "bytes": bytes_("What is here."),
        "status": one_of([*PartStatus], "`shared`: it was here already, or another download brings it."),
    },
)
_ROW: dict[str, Any] = {
    "name": text("Name of the image."),
    "percent": nullable(integer("Of the bytes to download; null until their total is known.", minimum=0, maximum=100)),
    "status": one_of([each for each in DownloadStatus if not each.ended]),
    "id": text("What `/downloads/{id}` takes."),
    "tag": text("Tag or digest that was asked for."),
    "type": TYPE,
    "from": DEPOT,
    "bytes": bytes_("What is here."),
    "total": nullable(bytes_("Null until it is known.")),
    "rate": nullable(bytes_("Bytes a second; null while nothing moves.")),
    "eta": nullable(integer("Seconds that are left; null while that cannot be told.", minimum=0)),
    "installed_bytes": nullable(
        bytes_("What the engine has taken of `install_total`; null unless it is `installing` and that takes time.")
    ),
    "install_total": nullable(bytes_("What the engine is to take: layers that it has are not among them.")),
    "layers": array(_PART, "Each blob or file."),
}
STATUS_ROW = thing("DownloadStatus", _ROW, about="A download that waits or runs.")
DOWNLOAD = thing(
    "Download",
    {
        **_ROW,
        "status": one_of([*DownloadStatus]),
        "error": nullable(text("Why it failed: one sentence that names the image, the registry and the reason.")),
        "warning": nullable(text("What to know of it, such as an architecture that is not the host's.")),
        "created": moment("When it was asked for."),
        "ended": nullable(moment("When it ended.")),
        "platform": NULL_PLATFORM,
    },
    about="A download, ended ones included.",
)
