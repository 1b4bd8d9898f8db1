"""The last known list of official images in a file, so that a start while Docker Hub is down still has it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagedepot.errors import StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.text.moment import parse_moment
from imagedepot.model.text.texts import figure
from imagedepot.remote.hub.rows import HubImage

_log = logging.getLogger(__name__)

_LARGEST = 16 << 20
_FIELDS = {"name": str, "description": str, "icon": str, "is_trusted": bool, "stars": int}


class OfficialMemory:
    """The file. A broken one, or one of another version, counts as missing; on a full disk nothing is saved."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[tuple[HubImage, ...], datetime] | None:
        """The images, and when Docker Hub listed them."""
        try:
            with self._path.open("rb") as file:
                content = json.loads(file.read(_LARGEST))
            listed = parse_moment(content["told"])
            images = tuple(image for row in content["images"] if (image := _image(row)) is not None)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            _log.warning("%s cannot be used and is ignored: %s", self._path, type(error).__name__)
            return None
        return (images, listed) if images and listed is not None else None

    def save(self, images: Sequence[HubImage], listed: datetime) -> None:
        content = {"told": listed.astimezone(UTC).isoformat(), "images": [asdict(image) for image in images]}
        try:
            write_durably(self._path, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
        except StorageFailure as error:
            _log.warning("the list of official images is not kept for the next start: %s", error)


def _image(row: Any) -> HubImage | None:
    """The image of a stored row; None for one with a missing or wrong field."""
    if not isinstance(row, dict) or not all(type(row.get(name)) is kind for name, kind in _FIELDS.items()):
        return None
    categories = row.get("categories")
    names = tuple(name for name in categories if isinstance(name, str)) if isinstance(categories, list) else ()
    return HubImage(**{name: row[name] for name in _FIELDS}, pulls=figure(row.get("pulls")), categories=names)
