"""What a real LXD takes of images in every shape."""

from __future__ import annotations

import gc
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import Cancelled, InvalidAnswer, NotAnImage, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.depot import APPCENTER
from imagedepot.model.image import ImageRequest, ImageType, RemoteFile, ResolvedLxc
from imagedepot.stores.lxc_images.prepare import LxcPreparer
from imagedepot.stores.lxd.client import LxdClient
from imagedepot.stores.lxd.store import LxdStore
from tests.ground.engines import Lxd
from tests.ground.needs import require
from tests.stores.lxc_archives import METADATA, Archive, xz
from tests.stores.lxc_shapes import shapes

CREATED = datetime(2024, 5, 6, tzinfo=UTC)


def image(name: str = "lab/one") -> ResolvedLxc:
    properties = {"os": "Lab", "release": name, "description": f"The {name}"}
    return ResolvedLxc(name, "amd64", (RemoteFile("http://lab.lan/x"),), None, properties, CREATED)


def go_on() -> None:
    """Nobody cancels."""


def written(folder: Path, *contents: bytes) -> list[Path]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"file-{number}")
        paths[-1].write_bytes(content)
    return paths


@pytest.fixture
def prepare(tmp_path: Path) -> LxcPreparer:
    return LxcPreparer(tmp_path / "prepared", DiskSpace(tmp_path))


@pytest.mark.parametrize("shape", ["unified", "container", "nested", "bare", "split", "squashfs"])
def test_lxd_takes_it(lxd: Lxd, tmp_path: Path, prepare: LxcPreparer, shape: str) -> None:
    require("mksquashfs")
    require("unsquashfs")
    blobs = BlobStore(tmp_path)
    digests = [blobs.put(content) for content in shapes()[shape]]
    store = LxdStore(LxdClient(lxd.address), prepare)
    name = f"lab/{shape}"
    request = ImageRequest(APPCENTER, ImageType.LXC, name, "latest")
    try:
        installed = store.install(request, image(name), blobs, digests, lambda *_: None)
        assert (installed.name, str(installed.platform)) == (name, "linux/amd64")
        listed = lxd("image", "list", "--format", "csv", "--columns", "lFt")
        assert f"{name},{installed.id},CONTAINER" in listed
        said = yaml.safe_load(lxd("image", "show", name))
        assert said["properties"]["os"] == "Lab"
        store.remove(name, None)
    finally:
        store.close()
    assert not list((tmp_path / "prepared").glob("*"))


@pytest.mark.parametrize("shape", ["unified", "split", "squashfs"])
def test_what_the_daemon_takes_as_it_came_is_passed_through(tmp_path: Path, prepare: LxcPreparer, shape: str) -> None:
    paths = written(tmp_path, *shapes()[shape])
    assert prepare(image(), paths, go_on) is paths
    assert not (tmp_path / "prepared").exists()


def test_metadata_is_written_from_what_the_catalog_says(tmp_path: Path, prepare: LxcPreparer) -> None:
    ready = prepare(image("lab/two"), written(tmp_path, *shapes()["bare"]), go_on)
    with tarfile.open(ready[0]) as tar:
        content = tar.extractfile("metadata.yaml")
        assert content is not None
        said = yaml.safe_load(content)
    assert said["architecture"] == "x86_64"
    assert said["creation_date"] == int(CREATED.timestamp())
    assert said["properties"] == {
        "architecture": "amd64",
        "name": "lab/two",
        "description": "The lab/two",
        "os": "Lab",
        "release": "lab/two",
    }


def test_a_clean_root_is_used_as_it_came(tmp_path: Path, prepare: LxcPreparer) -> None:
    paths = written(tmp_path, *shapes()["bare"])
    assert prepare(image(), paths, go_on)[1] == paths[0]


def test_split_metadata_of_lxc_becomes_that_of_lxd(tmp_path: Path, prepare: LxcPreparer) -> None:
    root = xz(Archive().root().plain())
    paths = written(tmp_path, xz(Archive().file("config", b"lxc.arch = x86_64\n").plain()), root)
    ready = prepare(image(), paths, go_on)
    assert ready[1] == paths[1]
    with tarfile.open(ready[0]) as tar:
        assert tar.getnames() == ["metadata.yaml"]


def test_the_root_of_a_container_lies_at_the_top_afterwards(tmp_path: Path, prepare: LxcPreparer) -> None:
    ready = prepare(image(), written(tmp_path, *shapes()["container"]), go_on)
    with tarfile.open(ready[1]) as tar:
        names = tar.getnames()
    assert "./etc/hostname" in names
    assert not [name for name in names if "rootfs" in name or "config" in name]


def test_what_was_made_goes_with_whoever_held_it(tmp_path: Path, prepare: LxcPreparer) -> None:
    ready = prepare(image(), written(tmp_path, *shapes()["container"]), go_on)
    assert len(list((tmp_path / "prepared").iterdir())) == 1
    assert all(path.is_file() for path in ready)
    del ready
    gc.collect()
    assert not list((tmp_path / "prepared").iterdir())


def test_what_a_crash_left_goes_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "prepared/left").mkdir(parents=True)
    LxcPreparer(tmp_path / "prepared", DiskSpace(tmp_path))
    assert not (tmp_path / "prepared").exists()


def test_a_failure_leaves_nothing(tmp_path: Path, prepare: LxcPreparer) -> None:
    hostile = Archive().root().hard("x", "../../etc/shadow").tar()
    with pytest.raises(InvalidAnswer, match="leads out of the image"):
        prepare(image(), written(tmp_path, hostile), go_on)
    meta = xz(Archive().file("metadata.yaml", METADATA).plain())
    with pytest.raises(InvalidAnswer, match="leads out of the image"):
        prepare(image(), written(tmp_path, Archive().file("meta.tar", meta).file("rootfs.tar", hostile).tar()), go_on)
    with pytest.raises(NotAnImage):
        prepare(image(), written(tmp_path, Archive().file("README").tar()), go_on)
    assert not list((tmp_path / "prepared").glob("*"))


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    full = LxcPreparer(tmp_path / "prepared", DiskSpace(tmp_path, free=lambda: 0))
    with pytest.raises(StorageFailure, match=r"lab/one needs"):
        full(image(), written(tmp_path, *shapes()["container"]), go_on)


def test_it_can_be_ended_and_leaves_nothing(tmp_path: Path, prepare: LxcPreparer) -> None:
    def stop() -> None:
        if (tmp_path / "prepared").exists():
            raise Cancelled

    with pytest.raises(Cancelled):
        prepare(image(), written(tmp_path, *shapes()["container"]), stop)
    assert not list((tmp_path / "prepared").iterdir())
