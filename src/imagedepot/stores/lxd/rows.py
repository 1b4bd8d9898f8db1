"""LXD's and Incus's images as ours, and what we write into their properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from imagedepot.model.depot import try_depot_id
from imagedepot.model.digest import Digest
from imagedepot.model.image import LXC_TAG, ImageRequest, ImageType, InstalledImage, Remark, ResolvedLxc
from imagedepot.model.platform import Platform
from imagedepot.model.text.moment import parse_moment

_OURS = "imagedepot."


def lxd_properties(request: ImageRequest, resolved: ResolvedLxc, known: Mapping[str, str]) -> dict[str, str]:
    """The properties that we add to its own (`known`): our name, its depot, whether it was verified."""
    names = dict.fromkeys([*known.get(f"{_OURS}names", "").split(), request.name])
    ours = {
        "names": " ".join(names),
        "depot": request.depot,
        "location": request.remark.location,
        "icon": request.remark.icon,
        "verified": "true" if resolved.verifiable else "false",
    }
    said = {"description": request.remark.description} if request.remark.description else {}
    return {**said, **{f"{_OURS}{key}": value for key, value in ours.items() if value}}


def lxd_rows(answer: Sequence[Mapping[str, Any]], store: str = "lxd") -> tuple[InstalledImage, ...]:
    """Rows by our name, else the first alias, else `os/release`; each name once, the newest image counts."""
    rows: dict[str, InstalledImage] = {}
    for each in sorted(answer, key=lambda image: str(image.get("uploaded_at", "")), reverse=True):
        row = _row(each)
        for name in _names(each):
            rows.setdefault(name, replace(row, name=name, store=store))
    return tuple(rows[name] for name in sorted(rows))


def lxd_inspect(answer: Mapping[str, Any], row: InstalledImage) -> dict[str, Any]:
    properties = _properties(answer)
    return {
        "Name": row.name,
        "Architecture": row.platform.debian if row.platform else str(answer.get("architecture", "")),
        "Created": str(answer.get("created_at", "")),
        "Os": properties.get("os", ""),
        "Size": row.size,
        "Fingerprint": row.id,
        "Aliases": [str(alias.get("name", "")) for alias in answer.get("aliases") or ()],
        "Properties": {key: value for key, value in properties.items() if not key.startswith(_OURS)},
        "verified": row.verified,
    }


def _names(each: Mapping[str, Any]) -> list[str]:
    properties = _properties(each)
    aliases = [str(alias.get("name", "")) for alias in each.get("aliases") or ()]
    ours = [name for name in properties.get(f"{_OURS}names", "").split() if name in aliases]
    release = "/".join(part.lower() for part in (properties.get("os"), properties.get("release")) if part)
    return ours or aliases[:1] or [release or str(each["fingerprint"])[:12]]


def _row(each: Mapping[str, Any]) -> InstalledImage:
    properties = _properties(each)
    fingerprint = str(each["fingerprint"])
    return InstalledImage(
        ImageType.LXC,
        "",
        LXC_TAG,
        int(each.get("size") or 0),
        digest=Digest("sha256", fingerprint),
        id=fingerprint,
        platform=Platform.try_parse(str(each.get("architecture", ""))),
        created=_time(each.get("created_at")),
        installed_at=_time(each.get("uploaded_at")),
        depot=try_depot_id(properties.get(f"{_OURS}depot")),
        remark=Remark(
            properties.get("description", ""),
            properties.get(f"{_OURS}location", ""),
            properties.get(f"{_OURS}icon", ""),
        ),
        verified=properties.get(f"{_OURS}verified") != "false",
    )


def _properties(answer: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (answer.get("properties") or {}).items()}


def _time(text: object) -> datetime | None:
    """The date; the year 1 and 1970 mean that it is not known."""
    time = parse_moment(text)
    return time if time and time.year > 1970 else None
