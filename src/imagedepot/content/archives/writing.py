"""Images as archives for `docker load` and `podman load`, for skopeo and for a USB stick.

docker-archive, for Docker:
    manifest.json               [{"Config": "<hex>.json", "RepoTags": [...], "Layers": ["<hex>.tar", ...]}, ...]
    <config hex>.json           the config, byte for byte: its digest is the image's ID
    <layer hex>.tar             a layer as it came from the registry, gzip included
oci-archive, for Podman:
    oci-layout  index.json      the manifests' digests and the images' names
    blobs/sha256/<hex>          manifests, configs and layers, as they are

Layers that an engine has may be left out: Docker looks a layer up by its chain of diff ids before it opens the file,
Podman by its digest (tried on 20.10 and 4.3; `docs/decisions/0010-engines.md`). Nothing is unpacked or copied here, so
memory and time do not grow with size. The one exception are layers packed with zstd in a docker-archive that is to be
read anywhere: Docker reads them since version 23, so they are unpacked on their way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from imagedepot.content.archives.tar_file import Member
from imagedepot.content.archives.unpacked_layer import UnpackedLayer
from imagedepot.content.index.oci_layout import LAYOUT, REF_NAME
from imagedepot.model.content.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import BlobReader

CONTAINERD_NAME = "io.containerd.image.name"
Open: TypeAlias = Callable[[Digest, int], BlobReader]


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """One image of an archive. `names` are full references with tags; `manifest` the bytes of its OCI manifest, which a
    docker-archive does not need."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    names: Sequence[str]
    manifest: bytes = b""
    platform: Platform | None = None


def docker_archive(
    images: Sequence[ArchivedImage],
    open_: Open,
    sent: Collection[Digest] | None = None,
    unpacked: Mapping[Digest, int] | None = None,
) -> tuple[Member, ...]:
    """Of the layers only those in `sent` go along (None: all), each once; `open_` opens a blob at an offset.

    `unpacked`: the layers that are unpacked on their way, and how many bytes they have then.
    """
    sizes = unpacked or {}
    manifest = [
        {
            "Config": _config_name(image),
            "RepoTags": list(image.names) or None,
            "Layers": [_tar_name(layer) for layer in image.layers],
        }
        for image in images
    ]
    return (
        _small("manifest.json", json.dumps(manifest).encode()),
        *_once(_blob(_config_name(image), image.config, open_) for image in images),
        *(
            _blob(_tar_name(layer), layer, open_)
            if layer.digest not in sizes
            else _unpacked(_tar_name(layer), layer, sizes[layer.digest], open_)
            for layer in _layers(images, sent)
        ),
    )


def oci_archive(
    images: Sequence[ArchivedImage], open_: Open, sent: Collection[Digest] | None = None
) -> tuple[Member, ...]:
    """As `docker_archive`. Each image's `manifest` is as `oci_conversion.oci_manifest` returns it."""
    entries = [entry for image in images for entry in _entries(image)]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return (
        _small("oci-layout", LAYOUT),
        _small("index.json", json.dumps(index).encode()),
        *_once(_small(in_layout(Digest.of(image.manifest)), image.manifest) for image in images),
        *_once(_blob(in_layout(image.config.digest), image.config, open_) for image in images),
        *(_blob(in_layout(layer.digest), layer, open_) for layer in _layers(images, sent)),
    )


def in_layout(digest: Digest) -> str:
    """The name of a blob in an image layout."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def _entries(image: ArchivedImage) -> Iterator[dict[str, object]]:
    """Rows of `index.json`: one for each name, in the words of Podman and skopeo, and of containerd and Docker."""
    entry: dict[str, object] = {
        "mediaType": OCI_MANIFEST,
        "digest": str(Digest.of(image.manifest)),
        "size": len(image.manifest),
    }
    if image.platform is not None:
        variant = {"variant": image.platform.variant} if image.platform.variant else {}
        entry["platform"] = {"architecture": image.platform.architecture, "os": image.platform.os, **variant}
    if not image.names:
        yield entry
    for name in image.names:
        yield {**entry, "annotations": {REF_NAME: name, CONTAINERD_NAME: name}}


def _layers(images: Sequence[ArchivedImage], sent: Collection[Digest] | None) -> list[Descriptor]:
    """The distinct layers; small ones first, since they are whole first."""
    every = {layer.digest: layer for image in images for layer in image.layers}
    layers = [layer for digest, layer in every.items() if sent is None or digest in sent]
    return sorted(layers, key=lambda layer: layer.size)


def _once(members: Iterator[Member]) -> tuple[Member, ...]:
    return tuple({member.name: member for member in members}.values())


def _small(name: str, content: bytes) -> Member:
    return Member(name, len(content), content)


def _blob(name: str, blob: Descriptor, open_: Open) -> Member:
    return Member(name, blob.size, lambda offset: open_(blob.digest, offset))


def _unpacked(name: str, layer: Descriptor, size: int, open_: Open) -> Member:
    return Member(name, size, lambda offset: UnpackedLayer(open_(layer.digest, 0), offset))


def _config_name(image: ArchivedImage) -> str:
    return f"{image.config.digest.hex}.json"


def _tar_name(layer: Descriptor) -> str:
    """Only this archive's own table refers to it, so half of a sha512 digest is as good as the whole."""
    return f"{layer.digest.hex[:64]}.tar"
