"""An entry of `index.json` as an image, and an image as the facts that its entry keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from imagedepot.model.content.config import platform_of
from imagedepot.model.content.manifest import Manifest
from imagedepot.model.depot import try_depot_id
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Remark, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.stores import EMBEDDED
from imagedepot.model.text.moment import parse_moment
from imagedepot.protocols import Entry


def entry_facts(
    request: ImageRequest, resolved: ResolvedOci, config: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """The facts of an entry: what only we know, and what lists would otherwise need the config for."""
    facts = {
        "upstream": str(resolved.root.digest),
        "upstream.manifest": str(resolved.manifest.digest),
        "config": str(resolved.config.digest),
        "size": str(sum(blob.size for blob in resolved.blobs)),
        "created": str(config.get("created") or ""),
        "installed": now.isoformat(),
        "depot": request.depot,
        "description": request.remark.description,
        "location": request.remark.location,
        "icon": request.remark.icon,
    }
    return {key: value for key, value in facts.items() if value}


def installed_image(
    entry: Entry, manifest: Callable[[], Manifest], config: Callable[[Manifest], Mapping[str, Any]]
) -> InstalledImage:
    """From the entry's facts. One that lacks them (written by other hands, or damaged) has its manifest and config
    opened; a fact that cannot be read costs itself alone.

    Raises `InvalidReference`, `ImageNotFound`, `InvalidAnswer` when it is no whole image.
    """
    reference = Reference.parse(entry.name)
    facts = entry.facts
    size, config_digest = _bytes(facts.get("size")), Digest.try_parse(facts.get("config"))
    platform, created = entry.platform, facts.get("created")
    if size is None or config_digest is None:
        opened = manifest()
        found = config(opened)
        size, config_digest = opened.size, opened.config.digest
        platform, created = platform or platform_of(found), created or found.get("created")
    return InstalledImage(
        ImageType.DOCKER,
        reference.familiar_name,
        reference.label,
        size,
        digest=Digest.try_parse(facts.get("upstream")) or entry.digest,
        id=str(config_digest),
        platform=platform,
        created=parse_moment(created),
        installed_at=parse_moment(facts.get("installed")),
        depot=try_depot_id(facts.get("depot")),
        remark=Remark(facts.get("description", ""), facts.get("location", ""), facts.get("icon", "")),
        store=EMBEDDED,
    )


def _bytes(text: str | None) -> int | None:
    """A size as a fact has it; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
