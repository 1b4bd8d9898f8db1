"""An entry of `index.json` as an image, and an image as the facts that its entry keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from imagedepot.content.index.oci_layout import Entry
from imagedepot.model.config import platform_of
from imagedepot.model.digest import Digest
from imagedepot.model.image import DepotName, ImageRequest, ImageType, InstalledImage, Remark, ResolvedOci
from imagedepot.model.manifest import Manifest
from imagedepot.model.reference import Reference


def entry_facts(
    request: ImageRequest, resolved: ResolvedOci, config: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """What only we know of the image, and what a list should not have to open its config for."""
    facts = {
        "upstream": str(resolved.root.digest),
        "upstream.manifest": str(resolved.manifest.digest),
        "config": str(resolved.config.digest),
        "size": str(sum(blob.size for blob in resolved.blobs)),
        "created": str(config.get("created") or ""),
        "installed": now.isoformat(),
        "depot": request.depot.value,
        "description": request.remark.description,
        "location": request.remark.location,
        "icon": request.remark.icon,
    }
    return {key: value for key, value in facts.items() if value}


def installed_image(
    entry: Entry, manifest: Callable[[], Manifest], config: Callable[[Manifest], Mapping[str, Any]]
) -> InstalledImage:
    """From the entry's facts; one without them (written by other hands) has its manifest and config opened.

    Raises `InvalidReference`, `ImageNotFound`, `InvalidAnswer` when it is no whole image.
    """
    reference = Reference.parse(entry.name)
    facts: Mapping[str, str] = entry.facts
    platform = entry.platform
    if "config" not in facts or "size" not in facts:
        opened = manifest()
        found = config(opened)
        platform = platform or platform_of(found)
        facts = {
            "upstream": str(entry.digest),
            "config": str(opened.config.digest),
            "size": str(opened.size),
            "created": str(found.get("created") or ""),
            **facts,
        }
    return InstalledImage(
        ImageType.DOCKER,
        reference.familiar_name,
        reference.label,
        int(facts["size"]),
        digest=Digest.parse(facts["upstream"]),
        id=facts["config"],
        platform=platform,
        created=moment(facts.get("created")),
        installed_at=moment(facts.get("installed")),
        depot=DepotName(facts["depot"]) if facts.get("depot") in set(DepotName) else None,
        remark=Remark(facts.get("description", ""), facts.get("location", ""), facts.get("icon", "")),
    )


def moment(text: str | None) -> datetime | None:
    """RFC 3339, nanoseconds and `Z` included; None for anything else."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
