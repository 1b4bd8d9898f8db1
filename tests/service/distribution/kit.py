"""Pushes without a face: repositories, uploads and manifests over a temporary data folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.database.connection import Database
from imagedepot.database.rows.pushed import PushedRows, UploadRows
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.service.distribution.own import OwnRepositories
from imagedepot.service.distribution.pushes import Pushes
from imagedepot.service.distribution.uploads import Upload, Uploads
from imagedepot.stores.embedded.oci import EmbeddedOciStore

AMD64 = Platform("linux", "amd64")
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class Desk:
    """One start of the service's part that takes pushes; `restarted` is the next one over the same folder."""

    def __init__(self, folder: Path, most: int = 50, most_each: int = 10, free: int = 1 << 40) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        self.free = free
        self.database = Database(folder / "test.db")
        self.blobs = BlobStore(folder)
        self.store = EmbeddedOciStore(self.blobs, Layout(self.blobs.layout))
        self.collector = GarbageCollector(self.blobs, [self.store.roots])
        self.repositories = OwnRepositories(PushedRows(self.database), self.blobs, self.now)
        self.collector.also(self.repositories.roots)
        space = DiskSpace(folder, 0, lambda: self.free)
        self.uploads = Uploads(
            UploadRows(self.database), self.blobs, space, self.repositories, self.now, most, most_each
        )
        self.pushes = Pushes(self.repositories, self.blobs, self.store, lambda: AMD64, self.collector)
        self.pushes.reconcile()

    def now(self) -> datetime:
        return self.moment

    def later(self, **how_much: float) -> None:
        self.moment += timedelta(**how_much)

    def close(self) -> None:
        self.uploads.close()
        self.pushes.close()
        self.database.close()

    def restarted(self) -> Desk:
        self.close()
        return Desk(self.folder)

    def send(self, upload: Upload, content: bytes, start: int | None = None) -> None:
        writer = self.uploads.write(upload, start, len(content))
        writer.write(content)
        writer.end()

    def push_blob(self, repository: str, content: bytes) -> Digest:
        upload = self.uploads.begin(repository, "ada")
        self.send(upload, content)
        self.uploads.finish(upload, Digest.of(content))
        return Digest.of(content)

    def manifest(self, repository: str, architecture: str = "amd64", **more: Any) -> bytes:
        """Of an image whose config and layer are in the repository."""
        config = json.dumps({"architecture": architecture, "os": "linux", "rootfs": {"diff_ids": []}}).encode()
        layer = f"layer of {architecture}".encode()
        for blob in (config, layer):
            self.push_blob(repository, blob)
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": described(OCI_CONFIG, config),
                "layers": [described(LAYER, layer)],
                **more,
            }
        ).encode()

    def push(self, repository: str, label: str, architecture: str = "amd64", **more: Any) -> Digest:
        return self.put(repository, self.manifest(repository, architecture, **more), label)

    def put(self, repository: str, raw: bytes, label: str, media_type: str = OCI_MANIFEST) -> Digest:
        return self.pushes.put(repository, raw, media_type, label).manifest.digest

    def push_index(self, repository: str, label: str, *architectures: str) -> Digest:
        rows = []
        for each in architectures:
            raw = self.manifest(repository, each)
            self.put(repository, raw, str(Digest.of(raw)))
            rows.append({**described(OCI_MANIFEST, raw), "platform": {"os": "linux", "architecture": each}})
        raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}).encode()
        return self.put(repository, raw, label, OCI_INDEX)

    @property
    def listed(self) -> list[str]:
        return [image.title for image in self.store.images()]


def described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}
