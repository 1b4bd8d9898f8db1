"""Rows of `from=local`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from imagedepot.api.rows.values import moment
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.service.listing import UnderWay

IconUrl = Callable[[str], str]
Row = tuple[ImageType, str, tuple[InstalledImage, ...]]


def rows_of(lxc: Sequence[InstalledImage], docker: Sequence[InstalledImage]) -> Iterator[Row]:
    """What each row is about, in the order of the list: LXC first, then one row for each docker repository."""
    for image in sorted(lxc, key=lambda each: each.name):
        yield ImageType.LXC, image.name, (image,)
    for name, images in groupby(sorted(docker, key=lambda each: (each.name, each.tag)), lambda each: each.name):
        yield ImageType.DOCKER, name, tuple(images)


def local_row(row: Row, under_way: UnderWay, icon_url: IconUrl) -> dict[str, Any]:
    """`icon_url`: our copy of an icon."""
    type_, name, images = row
    if type_ is ImageType.LXC:
        return _lxc_row(images[0], under_way, icon_url)
    return _docker_row(name, images, under_way, icon_url)


def local_rows(
    lxc: Sequence[InstalledImage], docker: Sequence[InstalledImage], under_way: UnderWay, icon_url: IconUrl
) -> Iterator[dict[str, Any]]:
    """All of them."""
    for row in rows_of(lxc, docker):
        yield local_row(row, under_way, icon_url)


def _docker_row(name: str, images: Sequence[InstalledImage], under_way: UnderWay, icon_url: IconUrl) -> dict[str, Any]:
    tags = [image.tag for image in images]
    # What people read is what was said of `latest`, else of the first tag of which anything was said.
    said = sorted(images, key=lambda each: each.tag != "latest")
    icon = next((each.remark.icon for each in said if each.remark.icon), "")
    return {
        "name": name,
        "type": ImageType.DOCKER,
        "from": "local",
        "installed": True,
        "downloading": any((ImageType.DOCKER, name, tag) in under_way for tag in tags),
        "description": next((each.remark.description for each in said if each.remark.description), ""),
        "icon": icon,
        "icon_url": icon_url(icon),
        "size": [image.size for image in images],
        "tags": tags,
        "is_latest": ["latest"] if "latest" in tags else [],
        "digests": [str(image.digest or "") for image in images],
        "platforms": [str(image.platform or "") for image in images],
        "created": [moment(image.created) for image in images],
        "installed_at": [moment(image.installed_at) for image in images],
        "depot": next((each.depot for each in said if each.depot), ""),
    }


def _lxc_row(image: InstalledImage, under_way: UnderWay, icon_url: IconUrl) -> dict[str, Any]:
    return {
        "name": image.name,
        "type": ImageType.LXC,
        "from": "local",
        "installed": True,
        "downloading": (ImageType.LXC, image.name, "") in under_way,
        "description": image.remark.description,
        "icon": image.remark.icon,
        "icon_url": icon_url(image.remark.icon),
        "size": image.size,
        "tags": [image.tag],
        "arch": image.platform.debian if image.platform else "",
        "created": moment(image.created),
        "installed_at": moment(image.installed_at),
        "verified": image.verified,
        "fingerprint": image.digest.hex if image.digest else image.id,
        "depot": image.depot or "",
    }
