"""Rows of the remote depots; which fields each has is a table in `docs/api.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imagedepot.api.rows.local import IconUrl, UnderWay
from imagedepot.errors import InvalidReference
from imagedepot.model.image import DepotName, Found, ImageType, InstalledImage
from imagedepot.model.reference import Reference


@dataclass(frozen=True)
class Here:
    """What local has, by the keys that rows are compared with."""

    tags: frozenset[tuple[str, str]]
    repositories: frozenset[str]
    architectures: Mapping[str, str]  # of LXC images, by name
    under_way: UnderWay
    downloading: frozenset[str]

    @classmethod
    def of(cls, docker: Iterable[InstalledImage], lxc: Iterable[InstalledImage], under_way: UnderWay) -> Here:
        docker = list(docker)
        return cls(
            frozenset((image.name, image.tag) for image in docker),
            frozenset(image.name for image in docker),
            {image.name: image.platform.debian if image.platform else "" for image in lxc},
            under_way,
            frozenset(name for type_, name, _ in under_way if type_ is ImageType.DOCKER),
        )

    def state(self, row: Found) -> tuple[bool, bool]:
        """(installed, downloading): docker by exact tag, a search row by any tag, LXC by name."""
        if row.type is ImageType.LXC:
            own = self.architectures.get(row.name)
            installed = own is not None and (not own or not row.architecture or own == row.architecture)
            return installed, (ImageType.LXC, row.name, "") in self.under_way
        name, tag = _repository(row.name, row.tag)
        if not tag and row.depot is not DepotName.APPCENTER:
            return name in self.repositories, name in self.downloading
        tag = tag or "latest"
        return (name, tag) in self.tags, (ImageType.DOCKER, name, tag) in self.under_way


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


@lru_cache(maxsize=20_000)
def _repository(name: str, tag: str) -> tuple[str, str]:
    """A row's repository in its familiar form, and its tag ("" where it names none)."""
    try:
        reference = Reference.parse(name)
    except InvalidReference:
        return name, tag
    return reference.familiar_name, tag or (name.rpartition(":")[2] if ":" in name.rpartition("/")[2] else "")
