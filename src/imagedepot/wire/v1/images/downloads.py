"""Downloads: what is under way, and what has ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from imagedepot.model.download import Download as DownloadState
from imagedepot.model.download import DownloadStatus, Part, PartStatus
from imagedepot.model.image import ImageType
from imagedepot.wire.v1.base import Answer, Body, Bytes, Count, about, moment


class DownloadLayer(Answer):
    """One blob or file of a download."""

    digest: Annotated[str, about("Digest of the blob, or another name of the file.")]
    size: Annotated[Bytes | None, about("Null until it is known.")]
    bytes: Annotated[Bytes, about("Bytes that are here.")]
    status: Annotated[PartStatus, about("`shared`: it was here already, or another download fetches it.")]

    @classmethod
    def of(cls, part: Part) -> DownloadLayer:
        return cls(digest=part.key.replace("-", ":", 1), size=part.size, bytes=part.bytes, status=part.status)


class ActiveDownload(Answer):
    """A download that waits or runs: the keys of the original service, then ours."""

    name: Annotated[str, about("Name of the image.")]
    percent: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=100)] | None,
        about("Of the bytes to download; null until their total is known."),
    ]
    status: DownloadStatus
    id: Annotated[str, about("What `/downloads/{id}` takes.")]
    tag: Annotated[str, about("Tag or digest that was asked for.")]
    type: ImageType
    from_: Annotated[str, about("Its depot: one of `DepotName`, or one that is no longer there.")] = msgspec.field(
        name="from"
    )
    bytes: Annotated[Bytes, about("Bytes that are here.")]
    total: Annotated[Bytes | None, about("Null until it is known.")]
    rate: Annotated[Bytes | None, about("Bytes a second; null while nothing moves.")]
    eta: Annotated[Count | None, about("Seconds that are left; null while that is not known.")]
    installed_bytes: Annotated[
        Bytes | None,
        about(
            "Bytes of `install_total` that the engine has taken; null unless it is `installing` and that takes time."
        ),
    ]
    install_total: Annotated[Bytes | None, about("Bytes that the engine has to take; layers that it has are left out.")]
    waiting_since: Annotated[
        datetime | None, about("When the last byte came, while the upstream has been silent for ten seconds or more.")
    ]
    layers: Annotated[list[DownloadLayer], about("Each blob or file.")]

    @classmethod
    def of(cls, download: DownloadState) -> ActiveDownload:
        return cls(**_common(download))


class Download(ActiveDownload):
    """A download, ended ones included."""

    error: Annotated[
        str | None, about("Why it failed: one sentence that names the image, the registry and the reason.")
    ]
    reason: Annotated[str | None, about("The same as a stable word for programs; see the table of reasons.")]
    warning: Annotated[str | None, about("What to know of it, such as an architecture that is not the host's.")]
    created: Annotated[datetime, about("When it was asked for.")]
    ended: Annotated[datetime | None, about("When it ended.")]
    platform: Annotated[str | None, about("`os/architecture[/variant]`; null for the host's.")]
    queued: Annotated[bool, about("Whether it waits for its turn, and nothing of it is asked yet.")]
    turn: Annotated[
        int | None,
        about("Of those that are `queued` the lowest begins first; those without one follow, by `created`."),
    ]
    login: Annotated[str, about("The registry that may give it after a login; empty where that does not help.")]
    missing: Annotated[Bytes | None, about("Bytes that have to be freed first; null where that is not why it failed.")]
    offered: Annotated[list[str], about("Platforms of the image, where the one that was wanted is none of them.")]
    retry_at: Annotated[datetime | None, about("When it is retried by itself, as the upstream said; else null.")]

    @classmethod
    def of(cls, download: DownloadState) -> Download:
        return cls(
            **_common(download),
            error=download.error,
            reason=download.reason,
            warning=download.warning,
            created=moment(download.created),
            ended=moment(download.ended),
            platform=str(download.request.platform) if download.request.platform else None,
            queued=download.queued,
            turn=download.turn,
            login=download.remedy.login,
            missing=download.remedy.missing,
            offered=list(download.remedy.offered),
            retry_at=moment(download.remedy.retry_at),
        )


class ForgottenDownloads(Answer):
    """What is in the list no more."""

    forgotten: Annotated[list[str], about("Ids of downloads.")]


class WantedPlace(Body):
    """Where in the line a download is to wait."""

    place: Annotated[int, about("From 1, which begins next; behind all that wait if there are fewer.")] = 1


def _common(download: DownloadState) -> dict[str, Any]:
    request = download.request
    return {
        "name": request.name,
        "percent": download.percent,
        "status": download.status,
        "id": download.id,
        "tag": request.tag,
        "type": request.type,
        "from_": request.depot,
        "bytes": download.bytes,
        "total": download.total,
        "rate": None if download.rate is None else round(download.rate),
        "eta": None if download.eta is None else round(download.eta),
        "installed_bytes": download.installed,
        "install_total": download.to_install,
        "waiting_since": moment(download.waiting_since),
        "layers": [DownloadLayer.of(part) for part in download.parts],
    }
