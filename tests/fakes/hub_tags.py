"""A repository's tags as the Hub API tells them: from the registry behind it, else made up."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any
from urllib.parse import quote

from tests.fakes.hub_data import HubRepository
from tests.fakes.manifests import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tests.fakes.upstream import Upstream

_ACCEPT = ", ".join((OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST))
_WHEN = "2026-11-20T10:11:12.131415Z"
_Image = dict[str, Any]


class HubTags:
    """Reads tags, platforms and sizes from the registry; what a digest names is read once."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._read: dict[tuple[str, str], tuple[str, list[_Image]]] = {}
        self._lock = threading.Lock()

    def names(self, repository: str) -> list[str] | None:
        """Tags in the registry; None when it does not know the repository."""
        answer = self._upstream.get(f"/v2/{quote(repository)}/tags/list")
        body = answer.read()
        return sorted(json.loads(body)["tags"] or []) if answer.status == 200 else None

    def rows(self, repository: HubRepository) -> list[dict[str, Any]]:
        """Every tag's row, in the form of upstreams.md 1.2."""
        names = self.names(repository.key)
        return [self.row(repository, name, made_up=names is None) for name in (names or repository.tags)]

    def row(self, repository: HubRepository, tag: str, made_up: bool = False) -> dict[str, Any]:
        """One tag's row."""
        if made_up:
            digest, media_type, images = _digest(repository.key, tag), OCI_INDEX, _invented(repository, tag)
        else:
            digest, media_type, images = self._from_registry(repository.key, tag)
        whole = next((i["size"] for i in images if i["os"] != "unknown"), 0)
        return {
            "creator": 7,
            "id": int(digest[7:14], 16),
            "images": images,
            "last_updated": _WHEN,
            "last_updater": 7,
            "last_updater_username": "doijanky",
            "name": tag,
            "repository": int(_digest(repository.key)[7:13], 16),
            "full_size": whole,
            "v2": True,
            "tag_status": "active",
            "tag_last_pulled": _WHEN,
            "tag_last_pushed": _WHEN,
            "media_type": media_type,
            "content_type": "image",
            "digest": digest,
        }

    def _from_registry(self, repository: str, reference: str) -> tuple[str, str, list[_Image]]:
        answer = self._upstream.get(f"/v2/{quote(repository)}/manifests/{reference}", _ACCEPT)
        body = answer.read()
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        with self._lock:
            if (repository, digest) not in self._read:
                self._read[repository, digest] = self._images(repository, digest, json.loads(body))
            return digest, *self._read[repository, digest]

    def _images(self, repository: str, digest: str, manifest: Any) -> tuple[str, list[_Image]]:
        media_type = manifest.get("mediaType") or (OCI_INDEX if "manifests" in manifest else OCI_MANIFEST)
        if "manifests" not in manifest:
            config = json.loads(self._get(repository, "blobs", manifest["config"]["digest"]))
            return media_type, [_image(config, digest, _size(manifest))]
        images = []
        for entry in manifest["manifests"]:
            child = json.loads(self._get(repository, "manifests", entry["digest"]))
            images.append(_image(entry.get("platform", {}), entry["digest"], _size(child)))
        return media_type, images

    def _get(self, repository: str, kind: str, digest: str) -> bytes:
        return self._upstream.get(f"/v2/{quote(repository)}/{kind}/{digest}", _ACCEPT).read()


def _size(manifest: Any) -> int:
    return sum(layer["size"] for layer in manifest.get("layers", []))


def _image(platform: Any, digest: str, size: int) -> _Image:
    return {
        "architecture": platform.get("architecture", "unknown"),
        "features": "",
        "variant": platform.get("variant"),
        "digest": digest,
        "os": platform.get("os", "unknown"),
        "os_features": "",
        "os_version": platform.get("os.version"),
        "size": size,
        "status": "active",
        "last_pulled": _WHEN,
        "last_pushed": None,
    }


def _digest(*words: str) -> str:
    return "sha256:" + hashlib.sha256(" ".join(words).encode()).hexdigest()


def _invented(repository: HubRepository, tag: str) -> list[_Image]:
    variants = {"arm64": "v8", "arm": "v7"}
    images = []
    for system in repository.operating_systems:
        for architecture in repository.architectures:
            platform = {"os": system, "architecture": architecture, "variant": variants.get(architecture)}
            digest = _digest(repository.key, tag, system, architecture)
            images.append(_image(platform, digest, 10_000_000 + int(digest[7:12], 16)))
    attestation = {"os": "unknown", "architecture": "unknown"}
    return [*images, _image(attestation, _digest(repository.key, tag, "attestation"), 25_000)]
