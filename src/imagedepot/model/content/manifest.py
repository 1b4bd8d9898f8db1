"""Manifests and indexes of OCI and Docker schema2, read from the raw bytes that their digest covers.

OCI image specification: manifest.md, image-index.md; Docker: manifest-v2-2.md. Nothing is ever written back from these
values: code that needs the bytes keeps the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imagedepot.errors import InvalidAnswer, InvalidReference, NotAnImage
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
# Config types that some registries and builders write in schema2 manifests; Docker accepts them as images
# (github.com/docker/distribution/issues/1621).
_UNTYPED = frozenset({"", "application/octet-stream", "application/json", "text/html"})
_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1"
_ATTESTATION = "attestation-manifest"
_MOST_LAYERS = 1000
_LARGEST = 1 << 50  # 1 PiB: a larger number is not a size


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
        """Whether this is an attestation, which buildx adds beside each image and which cannot be run."""
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

    def named(self, wanted: Platform) -> Descriptor | None:
        """The entry for `wanted`, or else for the best platform that runs there; never just the first entry."""
        for platform in wanted.accepted():
            for entry in self.images:
                if entry.platform == platform:
                    return entry
        return None


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
            return Index(kind, tuple(_described(body, "manifests", "entry")))
        if kind in MANIFESTS:
            return _manifest(body, kind, image)
    except _Malformed as error:
        raise InvalidAnswer(f"{image}: the manifest is malformed ({error})") from error
    raise NotAnImage(f"{image}: {_other(kind)}")


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
    return OCI_MANIFEST if "layers" in body or isinstance(body.get("config"), dict) else sent


def _other(media_type: str) -> str:
    if "helm" in media_type:
        return "this is a Helm chart, not a container image"
    return f"this is not a container image ({media_type[:120] or 'its type is unknown'})"


class _Malformed(ValueError):
    """A malformed manifest; the message is the end of a sentence."""


def _manifest(body: dict[str, Any], kind: str, image: str) -> Manifest:
    if body.get("config") is None:
        raise _Malformed("it names no config")
    config = _descriptor(body["config"], "its config")
    artifact = body.get("artifactType")
    if not _is_config(config.media_type, kind) or artifact:
        what = artifact if isinstance(artifact, str) and artifact else config.media_type
        raise NotAnImage(f"{image}: {_other(what)}")
    layers = tuple(_described(body, "layers", "layer"))
    for layer in layers:
        if not _is_layer(layer.media_type):
            raise NotAnImage(f"{image}: a layer of a type that no image has, {layer.media_type[:120]}")
    if len(layers) > _MOST_LAYERS:
        raise InvalidAnswer(f"{image}: more than {_MOST_LAYERS} layers")
    return Manifest(kind, config, layers)


def _is_config(media_type: str, kind: str) -> bool:
    return media_type in _CONFIGS or (kind == DOCKER_MANIFEST and media_type in _UNTYPED)


def _is_layer(media_type: str) -> bool:
    plain = media_type.partition("+")[0].rpartition(".")[2]
    return plain in ("tar", "diff") or "tar" in media_type or media_type in _UNTYPED


def _described(body: dict[str, Any], key: str, each: str) -> Iterator[Descriptor]:
    """The descriptors of a list; a list that is null or missing is an empty one, as for Docker."""
    values = body.get(key)
    if values is not None and not isinstance(values, list):
        raise _Malformed(f"its {key} are not a list")
    for number, value in enumerate(values or (), 1):
        yield _descriptor(value, f"{each} {number}")


def _descriptor(value: Any, what: str) -> Descriptor:
    """`what` begins the sentence about a wrong one."""
    if not isinstance(value, dict):
        raise _Malformed(f"{what} is not a JSON object")
    size, media_type, digest = value.get("size"), value.get("mediaType"), value.get("digest")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _LARGEST:
        raise _Malformed(f"{what} has no size, or one that is not a number of bytes")
    if not isinstance(media_type, str | None):
        raise _Malformed(f"{what} has a media type that is not text")
    if not isinstance(digest, str):
        raise _Malformed(f"{what} has no digest")
    try:
        parsed = Digest.parse(digest)
    except InvalidReference as error:
        raise _Malformed(f"{what} has a digest that is neither sha256 nor sha512") from error
    annotations = value.get("annotations")
    urls = value.get("urls")
    return Descriptor(
        media_type or "",
        parsed,
        size,
        _platform(value.get("platform")),
        {k: v for k, v in annotations.items() if isinstance(v, str)} if isinstance(annotations, dict) else {},
        tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else (),
    )


def _platform(value: Any) -> Platform | None:
    """None where no architecture is named: a system alone says nothing about what runs there."""
    parts = [value.get(key) for key in ("os", "architecture", "variant")] if isinstance(value, dict) else []
    os, architecture, variant = (part if isinstance(part, str) else "" for part in parts or ("", "", ""))
    if not architecture:
        return None
    return Platform.try_parse("/".join(part for part in (os or "linux", architecture, variant) if part))
