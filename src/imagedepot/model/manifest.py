"""Manifests and indexes of OCI and Docker schema2, read from the raw bytes that their digest covers.

OCI image specification: manifest.md, image-index.md; Docker: manifest-v2-2.md. Nothing is ever written back from these
values: who needs the bytes keeps the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imagedepot.errors import InvalidAnswer, InvalidReference, NoSuchPlatform, NotAnImage
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
ACCEPTED: Final = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)

INDEXES: Final = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1"
_ATTESTATION = "attestation-manifest"
_MOST_LAYERS = 1000
_LARGEST = 1 << 50  # 1 PiB: a size above it is no size


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content: what it is, its digest, its size in bytes."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    urls: tuple[str, ...] = ()

    @property
    def is_attestation(self) -> bool:
        """What buildx adds beside each image, and what nobody can run."""
        unknown = self.platform is not None and self.platform.os == "unknown"
        return unknown or self.annotations.get("vnd.docker.reference.type") == _ATTESTATION


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image for one platform: its config and its layers, from the base up."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Config and layers, each digest once, in order of first use."""
        return tuple({blob.digest: blob for blob in (self.config, *self.layers)}.values())

    @property
    def size(self) -> int:
        """Compressed bytes as users see them: config and distinct layers."""
        return sum(blob.size for blob in self.blobs)


@dataclass(frozen=True, slots=True)
class Index:
    """Images of one name for several platforms (OCI index or Docker manifest list); may hold further indexes."""

    media_type: str
    manifests: tuple[Descriptor, ...]

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The entries that may be images: no attestations."""
        return tuple(entry for entry in self.manifests if not entry.is_attestation)

    def choose(self, wanted: Platform, image: str) -> Descriptor:
        """The entry that suits `wanted` best; an entry that names no platform only when nothing else is offered.

        Raises `NoSuchPlatform`; never silently the first entry. `image` is for the sentence.
        """
        for platform in wanted.accepted():
            for entry in self.images:
                if entry.platform == platform:
                    return entry
        unnamed = [entry for entry in self.images if entry.platform is None]
        if len(unnamed) == len(self.images) == 1:
            return unnamed[0]
        offered = sorted({str(entry.platform) for entry in self.images if entry.platform})
        raise NoSuchPlatform(image, str(wanted), tuple(offered))


def parse_manifest(raw: bytes, content_type: str, image: str) -> Manifest | Index:
    """Read a manifest by the `mediaType` in its body, then `content_type`, then its shape.

    Raises `NotAnImage` (schema1, artifacts, charts, …) or `InvalidAnswer` (broken). `image` is for the sentence.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"{image}: the manifest is not JSON") from error
    if not isinstance(body, dict):
        raise InvalidAnswer(f"{image}: the manifest is not a JSON object")
    if "manifests" in body and ("layers" in body or "config" in body or "fsLayers" in body):
        raise InvalidAnswer(f"{image}: the manifest is both an index and an image")  # CVE-2021-41190
    kind = _kind(body, content_type)
    if kind.startswith(_SCHEMA1):
        raise NotAnImage(f"{image}: a legacy image (Docker schema 1), which is no longer supported")
    try:
        if kind in INDEXES:
            return Index(kind, tuple(_descriptor(entry) for entry in _list(body, "manifests")))
        if kind in MANIFESTS:
            return _manifest(body, kind, image)
    except (KeyError, TypeError, ValueError, InvalidReference) as error:
        raise InvalidAnswer(f"{image}: the manifest is malformed ({error})") from error
    raise NotAnImage(f"{image}: not a container image but {kind[:120] or 'something unknown'}")


def _kind(body: dict[str, Any], content_type: str) -> str:
    declared = body.get("mediaType")
    if isinstance(declared, str) and declared:
        return declared
    sent = content_type.partition(";")[0].strip().lower()
    if body.get("schemaVersion") == 1 or "fsLayers" in body:
        return _SCHEMA1
    if sent in INDEXES | MANIFESTS:
        return sent
    if "manifests" in body:
        return OCI_INDEX
    return OCI_MANIFEST if "layers" in body else sent


def _manifest(body: dict[str, Any], kind: str, image: str) -> Manifest:
    config = _descriptor(body["config"])
    artifact = body.get("artifactType")
    if config.media_type not in _CONFIGS or artifact:
        what = artifact if isinstance(artifact, str) and artifact else config.media_type
        raise NotAnImage(f"{image}: not a container image but {what[:120]}")
    layers = tuple(_descriptor(layer) for layer in _list(body, "layers"))
    for layer in layers:
        if (
            layer.media_type.partition("+")[0].rpartition(".")[2] not in ("tar", "diff")
            and "tar" not in layer.media_type
        ):
            raise NotAnImage(f"{image}: a layer of a type that no image has, {layer.media_type[:120]}")
    if len(layers) > _MOST_LAYERS:
        raise InvalidAnswer(f"{image}: more than {_MOST_LAYERS} layers")
    return Manifest(kind, config, layers)


def _list(body: dict[str, Any], key: str) -> list[Any]:
    value = body[key]
    if not isinstance(value, list):
        raise TypeError(f"{key} is not a list")
    return value


def _descriptor(value: Any) -> Descriptor:
    if not isinstance(value, dict):
        raise TypeError("a descriptor is not an object")
    size, media_type, digest = value["size"], value["mediaType"], value["digest"]
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _LARGEST:
        raise ValueError("a size is not a number of bytes")
    if not isinstance(media_type, str) or not isinstance(digest, str):
        raise TypeError("a mediaType or digest is not a string")
    annotations = value.get("annotations")
    urls = value.get("urls")
    return Descriptor(
        media_type,
        Digest.parse(digest),
        size,
        _platform(value.get("platform")),
        {k: v for k, v in annotations.items() if isinstance(v, str)} if isinstance(annotations, dict) else {},
        tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else (),
    )


def _platform(value: Any) -> Platform | None:
    if not isinstance(value, dict):
        return None
    parts = [value.get("os"), value.get("architecture"), value.get("variant")]
    return Platform.try_parse("/".join(part for part in parts if isinstance(part, str) and part))
