"""Rows of downloads."""

from __future__ import annotations

from typing import Any

from imagedepot.api.rows.values import moment
from imagedepot.model.download import Download


def status_row(download: Download) -> dict[str, Any]:
    """One element of `downloadstatus`: what clients of the original service read, and our further keys."""
    request = download.request
    return {
        "name": request.name,
        "percent": download.percent,
        "status": download.status,
        "id": download.id,
        "tag": request.tag,
        "type": request.type,
        "from": request.depot,
        "bytes": download.bytes,
        "total": download.total,
        "rate": None if download.rate is None else round(download.rate),
        "eta": None if download.eta is None else round(download.eta),
        "installed_bytes": download.installed,
        "install_total": download.to_install,
        "layers": [
            {"digest": part.key.replace("-", ":", 1), "size": part.size, "bytes": part.bytes, "status": part.status}
            for part in download.parts
        ],
    }


def download_row(download: Download) -> dict[str, Any]:
    """The same for people, ended ones included."""
    return {
        **status_row(download),
        "error": download.error,
        "warning": download.warning,
        "created": moment(download.created),
        "ended": moment(download.ended),
        "platform": str(download.request.platform) if download.request.platform else None,
    }
