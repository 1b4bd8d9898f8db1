"""Images to measure with, made here and pushed to a registry on loopback by skopeo.

`app`: 8 layers of 150 MB in all, real sizes mixed; `big`: one layer of 1 GB; `many`: 40 layers of 20 kB; `small`: one
layer of 3 MB. Layers are
gzip streams of random bytes that are stored, not squeezed: what is measured is moving and hashing, not unpacking.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import subprocess
import tarfile
from pathlib import Path

MB = 1_000_000
CORPUS: dict[str, tuple[int, ...]] = {
    "small": (3 * MB,),
    "app": (75 * MB, 30 * MB, 20 * MB, 10 * MB, 8 * MB, 5 * MB, 1_900_000, 100_000),
    "big": (1010 * MB,),
    "many": (20_000,) * 40,
}
_OCI = "application/vnd.oci.image"


def push_image(folder: Path, registry: str, repository: str, layer_sizes: tuple[int, ...], seed: str = "") -> None:
    """Make an OCI layout in `folder` and copy it to `registry/repository:latest`.

    `seed`: the repository whose layers of the same places and sizes it shares; its own name when empty.
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layers, diff_ids = [], []
    for at, size in enumerate(layer_sizes):
        layer, diff_id = _layer(blobs, size, f"{seed or repository}/{at}/{size}")
        layers.append(layer)
        diff_ids.append(diff_id)
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}, "config": {}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _blob(blobs, json.dumps(config).encode(), f"{_OCI}.config.v1+json"),
        "layers": layers,
    }
    entry = _blob(blobs, json.dumps(manifest).encode(), f"{_OCI}.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    target = f"docker://{registry}/{repository}:latest"
    subprocess.run(
        ["skopeo", "copy", "-q", "--insecure-policy", "--dest-tls-verify=false", f"oci:{folder}:latest", target],
        check=True,
    )


def _layer(blobs: Path, size: int, seed: str) -> tuple[dict[str, object], str]:
    """A tar of one file of random bytes, gzipped without squeezing; (descriptor, diff id)."""
    unpacked = hashlib.sha256()
    scratch = blobs / "layer"
    noise = random.Random(seed)
    with scratch.open("wb") as file, gzip.GzipFile("", "wb", 0, file, mtime=0) as squeezed:

        def write(chunk: bytes) -> None:
            unpacked.update(chunk)
            squeezed.write(chunk)

        header = tarfile.TarInfo("bench.bin")
        header.size = size
        write(header.tobuf())
        left = size
        while left:
            chunk = noise.randbytes(min(left, 1 << 20))
            write(chunk)
            left -= len(chunk)
        write(bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE))
    with scratch.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    descriptor = _descriptor(f"{_OCI}.layer.v1.tar+gzip", digest, scratch.stat().st_size)
    scratch.rename(blobs / digest)
    return descriptor, f"sha256:{unpacked.hexdigest()}"


def _blob(blobs: Path, content: bytes, media_type: str) -> dict[str, object]:
    digest = hashlib.file_digest(io.BytesIO(content), "sha256").hexdigest()
    (blobs / digest).write_bytes(content)
    return _descriptor(media_type, digest, len(content))


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}
