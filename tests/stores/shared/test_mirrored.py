"""Copies beside an engine: which of our own store's images they are is not forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from imagedepot.content.index.oci_layout import Layout
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage
from imagedepot.protocols import OciStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.stores.shared.mirrored import MirroredCopies
from tests.ground.images import packed_layer
from tests.stores.kits import OciKit


class Together:
    """A store that lets nobody go on before everybody has installed."""

    def __init__(self, store: OciStore, parties: int) -> None:
        self.images = store.images
        self.remove = store.remove
        self._store = store
        self._barrier = threading.Barrier(parties, timeout=60)

    def install(self, *arguments: Any) -> InstalledImage:
        image = self._store.install(*arguments)
        self._barrier.wait()
        return image


def test_copies_that_arrive_at_once_are_all_known_after_a_restart(tmp_path: Path) -> None:
    kit = OciKit(tmp_path, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout)))
    images = [kit.resolved(f"lab/{name}:1", packed_layer({"f": name.encode()}))[0] for name in "abcd"]
    copies = MirroredCopies(Together(kit.store, 4), tmp_path / "kept.json", wanted=True)

    def put(name: str) -> None:
        request = ImageRequest(DOCKERHUB, ImageType.DOCKER, f"lab/{name}", "1")
        resolved = images["abcd".index(name)]
        copies.put(request, resolved, kit.blobs, [resolved.config.digest, *(each.digest for each in resolved.layers)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, "abcd"))
    again = MirroredCopies(kit.store, tmp_path / "kept.json", wanted=True)
    again.drop([(f"lab/{name}", "1") for name in "abcd"])
    assert kit.store.images() == (), "each goes when its image goes"
