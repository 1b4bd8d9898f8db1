"""An image as an archive, written as a stream, for `docker load` and `podman load`.

docker-archive, for Docker:
    manifest.json               [{"Config": "<hex>.json", "RepoTags": [...], "Layers": ["<hex>.tar", ...]}]
    <config hex>.json           the config, byte for byte: its digest is the image's ID
    <layer hex>.tar             a layer as it came from the registry, gzip included
oci-archive, for Podman:
    oci-layout  index.json      the manifest's digest and the image's name
    blobs/sha256/<hex>          manifest, config and layers, as they are

Layers that the engine has may be left out: Docker looks a layer up by its chain of diff ids before it opens the file,
Podman by its digest (tried on 20.10 and 4.3; `docs/decisions/0010-engines.md`). Nothing is unpacked or copied here, so
memory and time do not grow with size.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from imagedepot.content.index.oci_layout import LAYOUT, REF_NAME
from imagedepot.errors import UpstreamError
from imagedepot.model.digest import Digest
from imagedepot.model.image import ResolvedOci
from imagedepot.model.manifest import OCI_MANIFEST, Descriptor
from imagedepot.protocols import BlobReader

_CHUNK = 1 << 18
_BLOCK = tarfile.BLOCKSIZE
Open = Callable[[Digest], BlobReader]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive: its name inside, its size, and its bytes, opened when its turn comes."""

    name: str
    size: int
    source: Callable[[], BlobReader] | bytes


def docker_archive(
    resolved: ResolvedOci, tags: Sequence[str], sent: frozenset[Digest], open_: Open
) -> tuple[Member, ...]:
    """Of the layers only those in `sent` go along, each once; `open_` opens a blob."""
    config = resolved.config.digest
    names = [_tar_name(layer) for layer in resolved.layers]
    manifest = [{"Config": f"{config.hex}.json", "RepoTags": list(tags) or None, "Layers": names}]
    return (
        _small("manifest.json", json.dumps(manifest).encode()),
        _blob(f"{config.hex}.json", resolved.config, open_),
        *(_blob(_tar_name(layer), layer, open_) for layer in _layers(resolved, sent)),
    )


def oci_archive(
    resolved: ResolvedOci,
    manifest: bytes,
    tags: Sequence[str],
    sent: frozenset[Digest],
    open_: Open,
) -> tuple[Member, ...]:
    """`manifest` as `oci_conversion.oci_manifest` returns it."""
    digest = Digest.of(manifest)
    named = [{"annotations": {REF_NAME: tag}} for tag in tags] or [{}]
    entry = {"mediaType": OCI_MANIFEST, "digest": str(digest), "size": len(manifest)}
    index = {"schemaVersion": 2, "manifests": [{**entry, **name} for name in named]}
    return (
        _small("oci-layout", LAYOUT),
        _small("index.json", json.dumps(index).encode()),
        _small(_in_layout(digest), manifest),
        _blob(_in_layout(resolved.config.digest), resolved.config, open_),
        *(_blob(_in_layout(layer.digest), layer, open_) for layer in _layers(resolved, sent)),
    )


class Archive:
    """The tar file's bytes, a quarter of a MiB at a time; its length is known beforehand, so it is sent as it is.

    `progress(sent, total)` counts the members' own bytes.
    """

    def __init__(self, members: Sequence[Member], progress: Callable[[int, int], None]) -> None:
        self._members = members
        self._progress = progress

    def __len__(self) -> int:
        members = sum(len(_header(each)) + each.size + -each.size % _BLOCK for each in self._members)
        return members + 2 * _BLOCK

    def __iter__(self) -> Iterator[bytes]:
        total = sum(member.size for member in self._members)
        sent = 0
        for member in self._members:
            yield _header(member)
            before = sent
            for chunk in _chunks(member.source):
                sent += len(chunk)
                self._progress(sent, total)
                yield chunk
            if sent - before != member.size:
                raise UpstreamError(f"{member.name} has {sent - before} bytes; its manifest says {member.size}")
            if member.size % _BLOCK:
                yield bytes(-member.size % _BLOCK)
        yield bytes(2 * _BLOCK)


def _header(member: Member) -> bytes:
    """In the GNU format, which takes the names of sha512 blobs and members of more than 8 GiB."""
    header = tarfile.TarInfo(member.name)
    header.size = member.size
    header.mode = 0o644
    return header.tobuf(tarfile.GNU_FORMAT)


def _chunks(source: Callable[[], BlobReader] | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source() as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _layers(resolved: ResolvedOci, sent: frozenset[Digest]) -> list[Descriptor]:
    """Each once; small ones first, since they are whole first."""
    layers = {layer.digest: layer for layer in resolved.layers if layer.digest in sent}
    return sorted(layers.values(), key=lambda layer: layer.size)


def _small(name: str, content: bytes) -> Member:
    return Member(name, len(content), content)


def _blob(name: str, blob: Descriptor, open_: Open) -> Member:
    return Member(name, blob.size, lambda: open_(blob.digest))


def _tar_name(layer: Descriptor) -> str:
    """Only this archive's own table refers to it, so half of a sha512 digest is as good as the whole."""
    return f"{layer.digest.hex[:64]}.tar"


def _in_layout(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.hex}"
