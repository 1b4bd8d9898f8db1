"""Images made here and pushed to a registry over plain HTTP: no daemon, no network, the same bytes every time."""

from __future__ import annotations

import functools
import gzip
import io
import json
import random
import subprocess
import tarfile
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from imagedepot.model.content.manifest import (
    DOCKER_CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
)
from imagedepot.model.digest import Digest
from tests.ground.needs import require

OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}
_MOST_AT_ONCE = 1 << 27  # `randbytes` takes no more than 256 MiB


@dataclass(frozen=True)
class Pushed:
    """What a push made. `size`: bytes of config and distinct layers; `raw`: the manifest or index itself."""

    digest: Digest
    raw: bytes
    media_type: str
    config: Digest
    layers: tuple[Digest, ...]
    size: int


@functools.cache
def random_layer(size: int, seed: int = 0) -> bytes:
    """A gzipped tar of one file of `size` random bytes; a new one for each size and seed."""
    noise = random.Random(f"{size}/{seed}")
    pieces = [noise.randbytes(min(_MOST_AT_ONCE, size - at)) for at in range(0, size, _MOST_AT_ONCE)]
    return packed_layer({f"data-{size}-{seed}.bin": b"".join(pieces)})


def packed_layer(files: Mapping[str, bytes], mode: int = 0o755) -> bytes:
    """A gzipped tar of these files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size, header.mode = len(content), mode
            tar.addfile(header, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), 1, mtime=0)


def busybox() -> bytes:
    """Debian's static one, which needs nothing beside it."""
    program = "/bin/busybox"
    require(program)
    return Path(program).read_bytes()


def runnable_layer() -> bytes:
    """A root file system that really runs."""
    content = busybox()
    return packed_layer({"bin/busybox": content, "bin/sh": content, "bin/echo": content})


def push_image(
    url: str,
    name: str,
    tag: str | None,
    layers: Sequence[bytes],
    *,
    platform: str = "linux/amd64",
    config: Mapping[str, Any] | None = None,
    schema2: bool = False,
    config_type: str | None = None,
    layer_type: str | None = None,
) -> Pushed:
    """One image; `config`: Cmd, Env, Labels and the like; without a `tag` it is known by its digest alone."""
    os, architecture, *variant = platform.split("/")
    diff_ids = [str(Digest.of(unpacked_layer(layer))) for layer in layers]
    described: dict[str, Any] = {
        "architecture": architecture,
        "os": os,
        **({"variant": variant[0]} if variant else {}),
        "created": "2024-01-02T03:04:05Z",
        "config": {"Cmd": ["/bin/sh"], **(config or {})},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": "2024-01-02T03:04:05Z", "created_by": f"COPY layer {n}"} for n in range(len(layers))],
    }
    raw_config = json.dumps(described).encode()
    kind = DOCKER_MANIFEST if schema2 else OCI_MANIFEST
    layer_type = layer_type or (DOCKER_LAYER if schema2 else OCI_LAYER)
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": _described(config_type or (DOCKER_CONFIG if schema2 else OCI_CONFIG), raw_config),
        "layers": [_described(layer_type, layer) for layer in layers],
    }
    for blob in (raw_config, *layers):
        _push_blob(url, name, blob)
    raw = json.dumps(manifest).encode()
    digest = _push_manifest(url, name, tag or str(Digest.of(raw)), raw, kind)
    size = sum(len(blob) for blob in {raw_config, *layers})
    return Pushed(digest, raw, kind, Digest.of(raw_config), tuple(Digest.of(layer) for layer in layers), size)


def push_index(
    url: str,
    name: str,
    tag: str,
    platforms: Sequence[str],
    *,
    schema2: bool = False,
    attestations: bool = False,
    layer_size: int = 2000,
) -> Pushed:
    """An image for each platform and the index that names them; the first one's config and layers are told."""
    images = []
    entries: list[dict[str, Any]] = []
    for number, platform in enumerate(platforms):
        layers = [random_layer(layer_size, number)]
        image = push_image(url, name, None, layers, platform=platform, schema2=schema2)
        images.append(image)
        os, architecture, *variant = platform.split("/")
        parts = {"os": os, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        entries.append({**_described(image.media_type, image.raw), "platform": parts})
    if attestations:
        unknown = {"os": "unknown", "architecture": "unknown"}
        for entry in list(entries):
            notes = {**ATTESTATION, "vnd.docker.reference.digest": entry["digest"]}
            entries.append({**entry, "platform": unknown, "annotations": notes})
    kind = DOCKER_LIST if schema2 else OCI_INDEX
    raw = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
    digest = _push_manifest(url, name, tag, raw, kind)
    return Pushed(digest, raw, kind, images[0].config, images[0].layers, images[0].size)


def push_bare_index(
    url: str, name: str, tag: str, platforms: Sequence[str], named: Mapping[str, Any] | None = None, artifact: str = ""
) -> Digest:
    """An index whose entries say no more than `named` of what they are; `artifact`: beside them, first, one of this
    type."""
    entries: list[dict[str, Any]] = []
    if artifact:
        _push_blob(url, name, b"{}")
        config = _described("application/vnd.oci.empty.v1+json", b"{}")
        body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": artifact, "config": config, "layers": []}
        raw = json.dumps(body).encode()
        _push_manifest(url, name, str(Digest.of(raw)), raw, OCI_MANIFEST)
        entries.append(_described(OCI_MANIFEST, raw))
    for number, platform in enumerate(platforms):
        image = push_image(url, name, None, [random_layer(700, number)], platform=platform)
        entries.append({**_described(OCI_MANIFEST, image.raw), **(named or {})})
    raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    return _push_manifest(url, name, tag, raw, OCI_INDEX)


def zstd_layer(layer: bytes) -> bytes:
    """A gzipped layer, packed with zstd instead."""
    require("zstd")
    return subprocess.run(["zstd", "-qc"], input=unpacked_layer(layer), capture_output=True, check=True).stdout


def unpacked_layer(layer: bytes) -> bytes:
    """The plain tar."""
    if layer[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-qdc"], input=layer, capture_output=True, check=True).stdout
    return gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer


def _described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def _push_blob(url: str, name: str, content: bytes) -> None:
    digest = Digest.of(content)
    try:
        _send("HEAD", f"{url}/v2/{name}/blobs/{digest}")
    except HTTPError:
        location = _send("POST", f"{url}/v2/{name}/blobs/uploads/").headers["Location"]
        sign = "&" if "?" in location else "?"
        _send("PUT", f"{location}{sign}digest={digest}", content, "application/octet-stream")


def _push_manifest(url: str, name: str, tag: str, raw: bytes, kind: str) -> Digest:
    _send("PUT", f"{url}/v2/{name}/manifests/{tag}", raw, kind)
    return Digest.of(raw)


def _send(method: str, url: str, body: bytes | None = None, kind: str = "") -> Any:
    headers = {"Content-Type": kind} if kind else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60) as response:
        return response
