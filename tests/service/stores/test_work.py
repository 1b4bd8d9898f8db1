"""Work on the images of a store that takes no new ones any more."""

from __future__ import annotations

from pathlib import Path

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.index.oci_layout import Layout
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.image import ImageType
from imagedepot.protocols import Store
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.service.stores.memory import StoreMemory, Work
from imagedepot.service.stores.work import StoreWork
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.ground.waiting import wait_until


class OtherStore(EmbeddedOciStore):
    address = "unix:///run/other.sock"


def test_a_store_without_images_is_left_at_once(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    layout = Layout(blobs.layout)
    other = OtherStore(blobs, layout)
    lxc = EmbeddedLxcStore(blobs, tmp_path / "lxc", DiskSpace(tmp_path, 0))
    stores = StoresInUse(EmbeddedOciStore(blobs, layout), lxc, [other])
    left: list[Store] = []
    work = StoreWork(stores, StoreMemory(tmp_path / "stores.json"), lambda *_: "", lambda *_: None, left.append)
    work.begin(other, Work.REMOVE)
    wait_until(lambda: work.states()[0].ended, 20)
    (state,) = work.states()
    assert (state.type, state.failures) == (ImageType.DOCKER, ())
    assert left == [other]
