"""Rows of the remote depots; which fields each has is a table in `docs/api.md`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imagedepot.api.rows.local import IconUrl
from imagedepot.model.image import DepotName, Found
from imagedepot.service.listing import Here


def found_row(row: Found, here: Here, icon_url: IconUrl) -> dict[str, Any]:
    installed, downloading = here.state(row)
    return {
        "name": row.name,
        "type": row.type,
        "from": row.depot,
        "installed": installed,
        "downloading": downloading,
        "description": row.description,
        "location": row.location,
        "icon_url": icon_url(row.icon),
        **_FIELDS[row.depot](row),
    }


def _appcenter(row: Found) -> dict[str, Any]:
    return {
        "icon": row.icon,
        "size": row.size,
        "title": row.title,
        "arch": row.architecture,
        "inspect": row.inspect,
        "tag": row.tag or "latest",
        "categories": list(row.categories),
        "id": f"{row.type}:{row.name}:{row.architecture}",
    }


def _official(row: Found) -> dict[str, Any]:
    return {
        "icon": row.icon,
        "title": row.title or row.name,
        "arch": row.architecture,
        "is_official": True,
        "star_count": row.star_count,
        "pull_count": row.pull_count,
        "categories": list(row.categories),
    }


def _dockerhub(row: Found) -> dict[str, Any]:
    return {
        "is_official": row.is_official,
        "is_trusted": row.is_trusted,
        "star_count": row.star_count,
        "pull_count": row.pull_count,
    }


_FIELDS: dict[DepotName, Callable[[Found], dict[str, Any]]] = {
    DepotName.APPCENTER: _appcenter,
    DepotName.OFFICIAL: _official,
    DepotName.DOCKERHUB: _dockerhub,
}
