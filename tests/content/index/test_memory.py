"""An index in memory keeps what every index promises, and serves the embedded store."""

from __future__ import annotations

import pytest

from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST, Descriptor
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols import Index
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.contracts.index import IndexContract
from tests.contracts.memory.blobs import MemoryBlobs
from tests.contracts.memory.index import MemoryIndex


class TestMemoryIndex(IndexContract):
    @pytest.fixture
    def index(self) -> Index:
        return MemoryIndex()


def test_the_embedded_store_needs_neither_files_nor_a_folder() -> None:
    blobs, index = MemoryBlobs(), MemoryIndex()
    config = blobs.put(b'{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}')
    raw = (
        f'{{"schemaVersion": 2, "mediaType": "{OCI_MANIFEST}", "layers": [], '
        f'"config": {{"mediaType": "{OCI_CONFIG}", "digest": "{config}", "size": {blobs.size(config)}}}}}'
    ).encode()
    manifest = Descriptor(OCI_MANIFEST, Digest.of(raw), len(raw))
    blobs.keep_upstream(manifest.digest, raw)
    resolved = ResolvedOci(
        Reference.parse("lab/app:1"),
        manifest,
        manifest,
        Descriptor(OCI_CONFIG, config, blobs.size(config)),
        (),
        Platform.parse("linux/amd64"),
        "",
    )
    store = EmbeddedOciStore(blobs, index)
    request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
    image = store.install(request, resolved, blobs, [config], lambda *_: None)
    assert store.images() == (image,)
    assert store.inspect("lab/app", "1")["Architecture"] == "amd64"
    assert set(store.roots()) == {config, manifest.digest}

    index.remove(["docker.io/lab/app:1"])
    assert store.images() == (), "another writer of the same index removed it"
