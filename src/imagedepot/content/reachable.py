"""What a manifest of unknown kind refers to: for entries that other tools put into the layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from imagedepot.errors import DepotError, InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs

LARGEST_MANIFEST = 4 << 20
_KEYS = ("config", "layers", "manifests", "blobs", "subject")


def reachable(blobs: Blobs, root: Digest) -> frozenset[Digest]:
    """`root`, and what indexes and manifests beneath it name."""
    found: set[Digest] = set()
    waiting = [root]
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            waiting += _named(_json(blobs, digest))
    return frozenset(found)


def is_document(blobs: Blobs, digest: Digest) -> bool:
    """Whether the blob is a JSON object, as indexes, manifests and configs are, and no layer is."""
    return isinstance(_json(blobs, digest), dict)


def _json(blobs: Blobs, digest: Digest) -> Any:
    """The blob as JSON; None for a layer and for what is not here."""
    if blobs.size(digest) > LARGEST_MANIFEST:
        return None
    try:
        return json.loads(blobs.read(digest))
    except (DepotError, ValueError, RecursionError):
        return None


def _named(body: Any) -> Iterator[Digest]:
    if not isinstance(body, dict):
        return
    for value in (body.get(key) for key in _KEYS):
        rows: list[Any] = value if isinstance(value, list) else [value]
        for row in rows:
            try:
                yield Digest.parse(row["digest"])
            except (TypeError, KeyError, AttributeError, InvalidReference):
                continue
