"""Rows of `from=local` (`spec/api.md`, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from imagedepot.api.rows.values import moment
from imagedepot.model.image import ImageType, InstalledImage

IconUrl = Callable[[str], str]
UnderWay = frozenset[tuple[ImageType, str, str]]


def local_rows(
    lxc: Sequence[InstalledImage], docker: Sequence[InstalledImage], under_way: UnderWay, icon_url: IconUrl
) -> Iterable[dict[str, Any]]:
    """LXC rows first, then one row for each docker repository; both by name. `icon_url`: our copy of an icon."""
    for image in sorted(lxc, key=lambda each: each.name):
        yield _lxc_row(image, under_way, icon_url)
    for name, images in groupby(sorted(docker, key=lambda each: (each.name, each.tag)), lambda each: each.name):
        yield _docker_row(name, list(images), under_way, icon_url)


def _docker_row(name: str, images: list[InstalledImage], under_way: UnderWay, icon_url: IconUrl) -> dict[str, Any]:
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
