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
from imagedepot.service.stores.work import StoreWork, WorkState
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.ground.waiting import wait_until


class OtherStore(EmbeddedOciStore):
    address = "unix:///run/other.sock"


class Swift(StoreWork):
    """Over before anybody can wait for it."""

    def begin(self, store: Store, work: Work) -> WorkState:
        state = super().begin(store, work)
        wait_until(lambda: not self._running, 20)
        return state


def test_work_that_is_over_at_once_is_waited_for_in_vain_by_nobody(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    layout = Layout(blobs.layout)
    other = OtherStore(blobs, layout)
    lxc = EmbeddedLxcStore(blobs, tmp_path / "lxc", DiskSpace(tmp_path, 0))
    stores = StoresInUse(EmbeddedOciStore(blobs, layout), lxc, [other])
    left: list[Store] = []
    work = Swift(stores, StoreMemory(tmp_path / "stores.json"), lambda *_: "", lambda *_: None, left.append)
    state = work.run(other, Work.REMOVE)
    assert (state.type, state.ended, state.failures) == (ImageType.DOCKER, True, ())
    assert left == [other]
