"""What is told of one image: tags, details, layers, platforms, updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imagedepot.api.rows.values import moment
from imagedepot.model.image import ImageType
from imagedepot.model.lxc import LxcFiles
from imagedepot.model.platform import Platform

if TYPE_CHECKING:
    from imagedepot.remote.hub.hub import HubDetails
    from imagedepot.service.images import LayersOf, Tags, Update


def tags_answer(tags: Tags) -> dict[str, Any]:
    return {"installed": list(tags.installed), "tags": list(tags.tags)}


def details_answer(details: HubDetails) -> dict[str, Any]:
    from imagedepot.remote.hub.hub import page_on_hub  # late: the command line never shows details

    return {
        "name": details.name,
        "description": details.description,
        "readme": details.readme,
        "location": page_on_hub(details.name),
        "is_official": "/" not in details.name,
        "is_private": details.is_private,
        "star_count": details.stars,
        "pull_count": details.pulls,
        "updated": details.updated,
    }


def removed_answer(type_: ImageType, name: str) -> dict[str, Any]:
    return {"action": "delete", "name": name, "state": "success", "type": type_}


def layers_answer(found: LayersOf) -> dict[str, Any]:
    image = found.image
    steps = [step for step in found.history if not step.get("empty_layer")]
    return {
        "reference": image.title,
        "digest": str(image.digest or ""),
        "image_id": image.id,
        "size": image.size,
        "platform": str(image.platform or ""),
        "layers": [
            {
                "digest": str(layer.digest or ""),
                "diff_id": layer.diff_id,
                "size": layer.size,
                "media_type": layer.media_type,
                "created_by": _text(steps[at], "created_by") if at < len(steps) else "",
                "shared_with": list(shared),
            }
            for at, (layer, shared) in enumerate(found.layers)
        ],
        "history": [_step(step) for step in found.history],
    }


def update_answer(update: Update) -> dict[str, Any]:
    return {
        "digest": str(update.digest or ""),
        "upstream": str(update.upstream) if update.upstream else None,
        "update": update.update,
        "checked": moment(update.checked),
        "error": update.error,
    }


def platforms_answer(offered: Sequence[Platform], host: Platform, fits: bool | None) -> dict[str, Any]:
    return {"platforms": [str(each) for each in offered], "host": str(host), "fits": fits}


def lxc_files_answer(files: LxcFiles) -> dict[str, Any]:
    """Paths on the host of the service."""
    return {"metadata": str(files.metadata), "rootfs": str(files.rootfs)}


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    created = step.get("created")
    return {
        "created": created if isinstance(created, str) else None,
        "created_by": _text(step, "created_by"),
        "comment": _text(step, "comment"),
        "empty_layer": bool(step.get("empty_layer")),
    }


def _text(step: Mapping[str, Any], key: str) -> str:
    value = step.get(key)
    return value if isinstance(value, str) else ""
