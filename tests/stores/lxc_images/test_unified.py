"""LXC images of every shape as one file: what LXD makes of it, its length, and any part of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from imagedepot.errors import InvalidAnswer
from imagedepot.files.free_space import DiskSpace
from imagedepot.protocols import ImageArchive
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.unified import unified
from tests.ground.engines import Lxd
from tests.stores.lxc_archives import METADATA, Archive, xz
from tests.stores.lxc_shapes import shapes

FACTS = ImageFacts("lab/one", "amd64", datetime(2024, 1, 2, tzinfo=UTC), {"os": "Lab"})
SHAPES = ["unified", "container", "nested", "bare", "split", "squashfs"]


@contextmanager
def opened(folder: Path, files: tuple[bytes, ...], sizes: dict[str, int] | None = None) -> Iterator[ImageArchive]:
    paths = []
    for number, content in enumerate(files):
        paths.append(folder / f"file-{number}")
        paths[-1].write_bytes(content)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    yield unified(paths, FACTS, "f" * 64, scratch, DiskSpace(folder), {} if sizes is None else sizes)


def whole(archive: ImageArchive) -> bytes:
    content = b"".join(archive.chunks())
    assert len(content) == archive.size
    return content


@pytest.mark.parametrize("shape", SHAPES)
def test_lxd_imports_an_image_of_any_shape(tmp_path: Path, lxd: Lxd, shape: str) -> None:
    target = tmp_path / "image.tar"
    with opened(tmp_path, shapes()[shape]) as archive:
        target.write_bytes(whole(archive))
    lxd("image", "import", str(target), "--alias", shape)
    try:
        told = lxd("image", "info", shape)
        assert "Architecture: x86_64" in told
        assert "os: Lab" in told
    finally:
        lxd("image", "delete", shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_holds_the_metadata_and_the_whole_root(tmp_path: Path, shape: str) -> None:
    with opened(tmp_path, shapes()[shape]) as archive, tarfile.open(fileobj=io.BytesIO(whole(archive))) as tar:
        found = {each.name.removeprefix("./"): each for each in tar}
        metadata = tar.extractfile(found["metadata.yaml"])
        assert metadata is not None
        assert yaml.safe_load(metadata)["architecture"] == "x86_64"
        assert {name.partition("/")[0] for name in found} <= {"metadata.yaml", "rootfs", "templates"}
        with tarfile.open(fileobj=io.BytesIO(Archive().root(runnable=True).plain())) as plain:
            for each in plain:
                there = found["/".join(["rootfs", *each.name.removeprefix("./").split("/")])]
                assert (there.type, there.size) == (each.type, each.size)
                assert there.mode == each.mode or there.issym()  # whose mode means nothing
                assert there.linkname.removeprefix("./").removeprefix("rootfs/") == each.linkname.removeprefix("./")


def test_templates_go_along(tmp_path: Path) -> None:
    with opened(tmp_path, shapes()["split"]) as archive, tarfile.open(fileobj=io.BytesIO(whole(archive))) as tar:
        assert "./templates/hostname.tpl" in tar.getnames()


@pytest.mark.parametrize("shape", ["unified", "split", "squashfs"])
def test_any_part_of_it_is_the_part_of_the_whole(tmp_path: Path, shape: str) -> None:
    with opened(tmp_path, shapes()[shape]) as archive:
        content = whole(archive)
        for start, end in ((0, 1), (1, 513), (700, 70_000), (len(content) - 3, len(content)), (1000, None)):
            assert b"".join(archive.chunks(start, end)) == content[start:end]


def test_the_same_image_is_always_the_same_bytes_and_is_measured_once(tmp_path: Path) -> None:
    sizes: dict[str, int] = {}
    with opened(tmp_path, shapes()["split"], sizes) as archive:
        first, etag = whole(archive), archive.etag
    assert sizes == {"f" * 64: len(first)}
    sizes["f" * 64] += 512  # it is not measured again
    with opened(tmp_path, shapes()["split"], sizes) as archive:
        assert archive.size == len(first) + 512
        assert archive.etag != etag
    with opened(tmp_path, shapes()["split"]) as archive:
        assert (whole(archive), archive.etag) == (first, etag)


def test_what_came_as_one_file_goes_out_as_it_is(tmp_path: Path) -> None:
    (content,) = shapes()["unified"]
    with opened(tmp_path, (content,)) as archive:
        assert whole(archive) == content
        assert archive.etag == "f" * 64


def test_hard_links_attributes_and_strange_names_stay(tmp_path: Path) -> None:
    capable = tarfile.TarInfo("./bin/ping")
    capable.size, capable.pax_headers = 1, {"SCHILY.xattr.security.capability": "\x01"}
    root = Archive().root().file("bin/ö \udcff").hard("bin/same", "./bin/ö \udcff").header(capable, b"x", pax=True)
    metadata = Archive().file("metadata.yaml", METADATA).plain()
    with opened(tmp_path, (xz(metadata), xz(root.plain()))) as archive:
        content = whole(archive)
    with tarfile.open(fileobj=io.BytesIO(content), encoding="utf-8", errors="surrogateescape") as tar:
        assert tar.getmember("./rootfs/bin/same").linkname == "./rootfs/bin/ö \udcff"
        assert tar.getmember("./rootfs/bin/ping").pax_headers["SCHILY.xattr.security.capability"] == "\x01"


def test_what_leads_out_of_the_image_is_not_passed_on(tmp_path: Path) -> None:
    metadata = Archive().file("metadata.yaml", METADATA).file("../../etc/passwd").plain()
    with pytest.raises(InvalidAnswer), opened(tmp_path, (xz(metadata), xz(Archive().root().plain()))):
        pass
