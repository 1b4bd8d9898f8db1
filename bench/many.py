"""Three thousand images: ours as an OCI layout that a service opens, dockerd's as one archive to load."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from imagedepot.content.index.oci_layout import as_row
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import Entry
from tests.ground.images import OCI_LAYER, packed_layer

MANY = 3000
_LAYER = packed_layer({"file": b"shared by all"})


def fill_layout(data: Path) -> None:
    """A data folder as it is after `MANY` downloads, written at once."""
    blobs = data / "content" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer = _blob(blobs, OCI_LAYER, _LAYER)
    rows = []
    for number in range(MANY):
        config = _blob(blobs, OCI_CONFIG, _config(number))
        body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}
        manifest = _blob(blobs, OCI_MANIFEST, json.dumps(body).encode())
        facts = {
            "upstream": str(manifest["digest"]),
            "upstream.manifest": str(manifest["digest"]),
            "config": str(config["digest"]),
            "size": str(len(_LAYER) + 300),
            "created": "2024-01-02T03:04:05Z",
            "installed": "2026-11-24T12:00:00+00:00",
            "depot": "dockerhub",
            "description": "An image among many.",
        }
        digest = Digest.parse(str(manifest["digest"]))
        entry = Entry(f"docker.io/bench/many-{number}:1", digest, 300, Platform.parse("linux/amd64"), facts)
        rows.append(as_row(entry))
    (data / "content" / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}
    (data / "content" / "index.json").write_text(json.dumps(index))


def write_archive(target: Path) -> None:
    """The same images for `docker load`."""
    with tarfile.open(target, "w") as archive:
        _add(archive, "layer.tar", _unpacked())
        rows = []
        for number in range(MANY):
            _add(archive, f"{number}.json", _config(number))
            rows.append({"Config": f"{number}.json", "RepoTags": [f"bench/many-{number}:1"], "Layers": ["layer.tar"]})
        _add(archive, "manifest.json", json.dumps(rows).encode())


def _config(number: int) -> bytes:
    diff_id = f"sha256:{hashlib.sha256(_unpacked()).hexdigest()}"
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-01-02T03:04:05Z",
        "config": {"Labels": {"number": str(number)}},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }
    return json.dumps(config).encode()


def _unpacked() -> bytes:
    import gzip

    return gzip.decompress(_LAYER)


def _blob(blobs: Path, media_type: str, content: bytes) -> dict[str, object]:
    digest = Digest.of(content)
    (blobs / digest.hex).write_bytes(content)
    return {"mediaType": media_type, "digest": str(digest), "size": len(content)}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    archive.addfile(header, io.BytesIO(content))
