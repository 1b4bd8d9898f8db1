"""The changes between two states of a download, as one event sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagedepot.wire.v1.images.downloads import Download, DownloadLayer

_ROW = tuple(each for each in Download.__struct_fields__ if each not in ("id", "layers"))
_LAYER = DownloadLayer.__struct_fields__
_NAMES = dict(zip(Download.__struct_fields__, Download.__struct_encode_fields__, strict=True))


def change(before: Download, after: Download) -> Mapping[str, Any] | None:
    """The `id`, the keys that changed, and of `layers` those that changed by their `index`; None where the layers are
    others, and only the whole row tells it."""
    if [each.digest for each in before.layers] != [each.digest for each in after.layers]:
        return None
    changed = {"id": after.id, **_changed(before, after, _ROW)}
    layers = [
        {"index": index, **_changed(old, new, _LAYER)}
        for index, (old, new) in enumerate(zip(before.layers, after.layers, strict=True))
        if old != new
    ]
    return {**changed, "layers": layers} if layers else changed


def _changed(before: object, after: object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {_NAMES.get(key, key): getattr(after, key) for key in keys if getattr(before, key) != getattr(after, key)}
