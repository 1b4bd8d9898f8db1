"""Images made here and installed straight into a store: no network, no download."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.model.content.manifest import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST, Descriptor
from imagedepot.model.depot import APPCENTER, DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import (
    ImageRequest,
    ImageType,
    InstalledImage,
    Remark,
    RemoteFile,
    ResolvedLxc,
    ResolvedOci,
)
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols import LxcStore, OciStore
from tests.ground.images import DOCKER_LAYER, OCI_LAYER, packed_layer, runnable_layer, unpacked_layer

AMD64 = Platform.parse("linux/amd64")


class OciKit:
    """A content store in `folder` and the docker store that `make` builds over it."""

    def __init__(self, folder: Path, make: Callable[[BlobStore], OciStore]) -> None:
        self.folder = folder
        self.blobs = BlobStore(folder)
        self.sent: list[int] = []
        self.store = make(self.blobs)

    def resolved(
        self,
        name: str,
        *layers: bytes,
        schema2: bool = False,
        layer_type: str | None = None,
        algorithm: str = "sha256",
        changed: Mapping[str, Any] | None = None,
    ) -> tuple[ResolvedOci, bytes]:
        """An image of these layers, its blobs in the content store; with its config's bytes.

        `algorithm` is of the layers' digests; `changed` are keys of the config.
        """
        diff_ids = [str(Digest.of(unpacked_layer(layer))) for layer in layers]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-05-06T07:08:09.123456789Z",
            "config": {"Cmd": ["/bin/sh"], "Env": ["A=1"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"COPY {at}"} for at in range(len(layers))],
            **(changed or {}),
        }
        raw_config = json.dumps(config).encode()
        config_type, usual_type, kind = (
            (DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST) if schema2 else (OCI_CONFIG, OCI_LAYER, OCI_MANIFEST)
        )
        layer_type = usual_type if layer_type is None else layer_type
        described = Descriptor(config_type, self.blobs.put(raw_config), len(raw_config))
        descriptors = tuple(Descriptor(layer_type, self._put(layer, algorithm), len(layer)) for layer in layers)
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {"mediaType": config_type, "digest": str(described.digest), "size": described.size},
            "layers": [{"mediaType": layer_type, "digest": str(d.digest), "size": d.size} for d in descriptors],
        }
        raw = json.dumps(manifest, indent=3).encode()
        digest = Digest.of(raw)
        self.blobs.keep_upstream(digest, raw)
        named = Descriptor(kind, digest, len(raw))
        return ResolvedOci(Reference.parse(name), named, named, described, descriptors, AMD64), raw_config

    def _put(self, layer: bytes, algorithm: str) -> Digest:
        digest = Digest.of(layer, algorithm)
        path = self.blobs.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(layer)
        return digest

    def bring(self, name: str, *contents: bytes, schema2: bool = False, remark: Remark | None = None) -> ResolvedOci:
        """Install an image with one layer for each content."""
        return self.install(
            name, *(packed_layer({"file": content}) for content in contents), schema2=schema2, remark=remark
        )

    def install(self, name: str, *layers: bytes, remark: Remark | None = None, **shape: Any) -> ResolvedOci:
        """Install an image of these layers, in a `shape` as for `resolved`; `sent` tells the bytes that the store took,
        image by image."""
        resolved, config = self.resolved(name, *layers, **shape)
        self.give(resolved, self.store.lacking(resolved, config), remark)
        return resolved

    def give(self, resolved: ResolvedOci, layers: Sequence[Descriptor], remark: Remark | None = None) -> InstalledImage:
        """Install what is in the content store, `layers` of it."""
        name, tag = resolved.reference.familiar_name, resolved.reference.label
        request = ImageRequest(DOCKERHUB, ImageType.DOCKER, name, tag, remark=remark or Remark())
        progress: list[int] = [0]
        files = [resolved.config.digest, *(layer.digest for layer in layers)]
        image = self.store.install(request, resolved, self.blobs, files, lambda done, _: progress.append(done))
        self.sent.append(progress[-1])
        return image

    def add(self, name: str) -> InstalledImage:
        """Some image by this name, as the contract suite asks for it."""
        resolved = self.install(name, runnable_layer(), packed_layer({"own": name.encode()}))
        reference = resolved.reference
        return next(
            image
            for image in self.store.images()
            if (image.name, image.tag) == (reference.familiar_name, reference.label)
        )


class LxcKit:
    """A content store in `folder` and the LXC store that `make` builds over it."""

    def __init__(self, folder: Path, make: Callable[[BlobStore], LxcStore]) -> None:
        self.folder = folder
        self.blobs = BlobStore(folder)
        self.store = make(self.blobs)

    def add(
        self,
        name: str,
        release: str = "",
        architecture: str = "x86_64",
        progress: Callable[[int, int], None] = lambda *_: None,
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        """A split image by this name: LXD's metadata, and a root file system of one file."""
        paths = self.files(release or name, architecture)
        digests = [Digest("sha256", path.name) for path in paths]
        files = tuple(RemoteFile(f"http://mirror.lan/{name}/{d.hex}", self.blobs.size(d), d) for d in digests)
        resolved = ResolvedLxc(name, "amd64", files, properties={"os": "lab", "release": release or name})
        request = ImageRequest(APPCENTER, ImageType.LXC, name, "latest", remark=Remark("An image"))
        return self.store.install(request, resolved, self.blobs, digests, progress, cancellation)

    def files(self, release: str, architecture: str = "x86_64") -> list[Path]:
        """Metadata and rootfs, in the content store."""
        facts = f"architecture: {architecture}\ncreation_date: 1700000000\n"
        facts += f"properties:\n  os: lab\n  release: {release}\n"
        meta = _tar_gz({"metadata.yaml": facts.encode()})
        root = _tar_gz({"etc/hostname": release.encode(), "bin/sh": b"#!"})
        return [self.blobs.path(self.blobs.put(content)) for content in (meta, root)]


def _tar_gz(files: dict[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size, header.mode = len(content), 0o755
            tar.addfile(header, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)
