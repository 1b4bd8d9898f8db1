"""Our own stores over indexes that all nodes of a fleet share."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.index.row_index import RowIndex
from imagedepot.database.connection import Database
from imagedepot.database.fleet.changes import EVERYTHING
from imagedepot.database.fleet.images import ImageRows
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.image import ImageType
from imagedepot.protocols import Blobs
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.lxc_index import LxcIndex
from imagedepot.stores.embedded.lxc_rows import LxcRowIndex
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from imagedepot.wiring.fleet import INDEXES, Fleet


def adopt(fleet: Fleet, data: Path) -> None:
    """Take the images of a folder that was alone until now into the rows of the fleet."""
    docker, lxc = (data / name for name in INDEXES)
    if docker.exists():
        index = RowIndex(ImageRows(fleet.database, ImageType.DOCKER.value))
        for entry in Layout(docker.parent).entries.values():
            index.put(entry)
    if lxc.exists():
        rows = LxcRowIndex(ImageRows(fleet.database, ImageType.LXC.value))
        for image in LxcIndex(lxc).entries.values():
            rows.put(image)
    for path in (docker, lxc):
        if path.exists():
            path.rename(path.with_name(f"{path.name}.adopted"))


def index_files(database: Database) -> Mapping[str, bytes]:
    """The lists of images as a folder alone has them."""
    with tempfile.TemporaryDirectory() as scratch:
        docker, lxc = (Path(scratch) / name for name in INDEXES)
        layout, images = Layout(docker.parent), LxcIndex(lxc)
        for entry in RowIndex(ImageRows(database, ImageType.DOCKER.value)).entries.values():
            layout.put(entry)
        for image in LxcRowIndex(ImageRows(database, ImageType.LXC.value)).entries.values():
            lxc.parent.mkdir(exist_ok=True)
            images.put(image)
        found = zip(INDEXES, (docker, lxc), strict=True)
        return {name: path.read_bytes() for name, path in found if path.exists()}


def shared_oci(fleet: Fleet, blobs: Blobs, collector: GarbageCollector) -> EmbeddedOciStore:
    rows = ImageRows(fleet.database, ImageType.DOCKER.value)
    index = RowIndex(rows)
    fleet.feed.on(rows.topic, lambda names: index.reload(some(names)))
    return EmbeddedOciStore(blobs, index, collector.sweep)


def shared_lxc(fleet: Fleet, blobs: Blobs, collector: GarbageCollector, data: Path) -> EmbeddedLxcStore:
    rows = ImageRows(fleet.database, ImageType.LXC.value)
    index = LxcRowIndex(rows)
    store = EmbeddedLxcStore(blobs, data / "lxc", DiskSpace(data), collector.sweep, index)

    def reload(names: Collection[str]) -> None:
        index.reload(some(names))
        store.republish()

    fleet.feed.on(rows.topic, reload)
    return store


def some(keys: Collection[str]) -> Collection[str] | None:
    """None for all of them."""
    return None if EVERYTHING in keys else keys
