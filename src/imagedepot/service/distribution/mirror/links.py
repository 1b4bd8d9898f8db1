"""What a manifest or an index names, whatever it is: children, blobs, its subject, its platform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imagedepot.model.content.manifest import DOCKER_CONFIG, OCI_CONFIG, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform

_IMAGE_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG, "application/octet-stream", ""})
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Links:
    """`children` are manifests, by digest, with the platform that the index names for each; `blobs` have their sizes.

    `referrer` is the descriptor (without digest and size) that a list of referrers has of this manifest.
    """

    children: Mapping[Digest, Platform | None] = field(default_factory=dict)
    blobs: Mapping[Digest, int | None] = field(default_factory=dict)
    config: Digest | None = None
    subject: Digest | None = None
    referrer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_index(self) -> bool:
        return bool(self.children)


def links_of(raw: bytes) -> Links:
    """Nothing for what is not a manifest."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return Links()
    if not isinstance(body, dict):
        return Links()
    children = {digest: _platform(row) for digest, row in _described(body.get("manifests"))}
    config = next(iter(_described([body.get("config")])), None)
    blobs = {digest: _size(row) for digest, row in [*([config] if config else []), *_described(body.get("layers"))]}
    blobs.update((digest, _size(row)) for digest, row in _described(body.get("blobs")))
    subject = next((digest for digest, _ in _described([body.get("subject")])), None)
    type_ = body.get("artifactType")
    if not isinstance(type_, str) or not type_:
        type_ = config[1].get("mediaType") if config else None
    media_type, annotations = body.get("mediaType"), body.get("annotations")
    referrer: dict[str, Any] = {"mediaType": media_type if isinstance(media_type, str) else OCI_MANIFEST}
    if isinstance(type_, str):
        referrer["artifactType"] = type_
    if isinstance(annotations, dict):
        referrer["annotations"] = annotations
    return Links(children, blobs, config[0] if config and _is_image(body, config[1]) else None, subject, referrer)


def _is_image(body: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """An artifact has a config that is no image's."""
    return not body.get("artifactType") and config.get("mediaType", "") in _IMAGE_CONFIGS


def _described(rows: object) -> Iterator[tuple[Digest, Mapping[str, Any]]]:
    for row in rows[:_MOST] if isinstance(rows, list) else ():
        digest = Digest.try_parse(row.get("digest")) if isinstance(row, dict) else None
        if digest is not None:
            yield digest, row


def _size(row: Mapping[str, Any]) -> int | None:
    size = row.get("size")
    return size if type(size) is int and 0 <= size < 1 << 50 else None


def _platform(row: Mapping[str, Any]) -> Platform | None:
    value = row.get("platform")
    if not isinstance(value, dict):
        return None
    parts = [value.get("os"), value.get("architecture"), value.get("variant") or None]
    return Platform.try_parse("/".join(part for part in parts if isinstance(part, str)))
