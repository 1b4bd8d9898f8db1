"""A file that is not a root file system is refused before it is an image."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from imagedepot.errors import InvalidAnswer
from imagedepot.stores.lxc_images.check import check_root
from imagedepot.stores.lxc_images.squashfs import Which
from tests.ground.needs import require
from tests.stores.lxc_archives import Archive
from tests.stores.lxc_shapes import shapes, squashfs


def only(*programs: str) -> Which:
    return lambda name: shutil.which(name) if name in programs else None


PROGRAMS = {"sqfs2tar": only("sqfs2tar"), "unsquashfs": only("unsquashfs"), "none": only()}
RUBBISH = random.Random(3).randbytes(20_000)


def check(folder: Path, which: Which, *contents: bytes) -> None:
    files = [folder / str(number) for number in range(len(contents))]
    for path, content in zip(files, contents, strict=True):
        path.write_bytes(content)
    check_root(files, "lab/app", lambda: None, which)


@pytest.mark.parametrize("programs", PROGRAMS)
@pytest.mark.parametrize("rubbish", [b"", RUBBISH, bytes(4096)], ids=["nothing", "noise", "zeros"])
def test_what_only_begins_like_a_squashfs_is_refused(tmp_path: Path, programs: str, rubbish: bytes) -> None:
    for metadata in ((), (shapes()["split"][0],)):
        with pytest.raises(InvalidAnswer, match="lab/app: not a squashfs image, although it begins like one"):
            check(tmp_path, PROGRAMS[programs], *metadata, b"hsqs" + rubbish)


def test_a_squashfs_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidAnswer, match=r"lab/app: a squashfs image that ends .* bytes early"):
        check(tmp_path, only(), squashfs()[:-5000])


@pytest.mark.parametrize("program", ["sqfs2tar", "unsquashfs"])
def test_a_squashfs_whose_tables_are_damaged_is_refused(tmp_path: Path, program: str) -> None:
    require(program)
    whole = squashfs()
    damaged = whole[:96] + random.Random(4).randbytes(len(whole) - 96)
    with pytest.raises(InvalidAnswer, match="lab/app"):
        check(tmp_path, only(program), damaged)


@pytest.mark.parametrize("programs", PROGRAMS)
def test_a_squashfs_passes_alone_and_beside_metadata(tmp_path: Path, programs: str) -> None:
    check(tmp_path, PROGRAMS[programs], squashfs())
    check(tmp_path, PROGRAMS[programs], *shapes()["squashfs"])


def test_the_root_of_a_split_image_is_an_archive(tmp_path: Path) -> None:
    metadata = shapes()["split"][0]
    check(tmp_path, only(), *shapes()["split"])
    for content in (RUBBISH, Archive().plain()):
        with pytest.raises(InvalidAnswer, match="lab/app's root"):
            check(tmp_path, only(), metadata, content)
