"""A squashfs image, read by either of the programs that can."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from imagedepot.errors import Cancelled, InvalidAnswer, Unsuitable
from imagedepot.stores.lxc_images.members import Guard
from imagedepot.stores.lxc_images.squashfs import Limits, squashfs_members
from tests.ground.needs import require, require_root

PACKAGES = {"sqfs2tar": "squashfs-tools-ng", "unsquashfs": "squashfs-tools"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with everything that a file system can hold."""
    require("mksquashfs")
    require_root("make devices and give files away")
    folder = tmp_path_factory.mktemp("squashfs")
    root = folder / "root"
    for name in ("etc", "bin", "dev", "we ird"):
        (root / name).mkdir(parents=True)
    (root / "etc/hostname").write_text("lab\n")
    os.chown(root / "etc/hostname", 1000, 1001)
    (root / "etc/hostname").chmod(0o4640)
    (root / "etc/empty").touch()
    with (root / "etc/hole").open("wb") as file:
        file.truncate(3 << 20)
    (root / "bin/sh").symlink_to("/bin/busy box")
    (root / "bin/link").hardlink_to(root / "etc/hostname")
    (root / 'we ird/a b\\c"d').write_text("odd")
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff")).write_text("bad")
    os.mknod(root / "dev/null", 0o20666, os.makedev(1, 3))
    os.mkfifo(root / "dev/pipe")
    target = folder / "image"
    subprocess.run(["mksquashfs", root, target, "-noappend", "-quiet"], check=True, stdout=subprocess.DEVNULL)
    return target


def read(image: Path, program: str, scratch: Path) -> dict[str, tuple[bytes, tarfile.TarInfo]]:
    require(program)
    found = {}
    which = {program: shutil.which(program)}.get
    for member in squashfs_members(image, Guard("lab", 1 << 30), "lab", scratch, lambda: None, which):
        found[member.path] = (member.content.read(8 << 20) if member.content else b"", member.info)
    assert not list(scratch.iterdir())
    return found


@pytest.mark.parametrize("program", PACKAGES)
def test_all_that_it_holds_is_read(image: Path, tmp_path: Path, program: str) -> None:
    found = read(image, program, tmp_path)
    odd = {'we ird/a b\\c"d': b"odd", "bad\udcff": b"bad", "etc/empty": b"", "etc/hole": bytes(3 << 20)}
    assert {path: found[path][0] for path in odd} == odd
    files = sorted(("etc/hostname", "bin/link"), key=lambda path: found[path][1].islnk())
    content, header = found[files[0]]
    assert content == b"lab\n"
    assert (header.uid, header.gid, header.mode & 0o7777) == (1000, 1001, 0o4640)
    assert found[files[1]][1].islnk()
    assert found["bin/sh"][1].linkname == "/bin/busy box"
    assert found["dev/pipe"][1].isfifo()
    assert "dev/null" not in found
    assert found[""][1].isdir()


@pytest.mark.parametrize("program", PACKAGES)
def test_a_damaged_one_is_refused(image: Path, tmp_path: Path, program: str) -> None:
    whole = image.read_bytes()
    damaged, scratch = tmp_path / "damaged", tmp_path / "scratch"
    scratch.mkdir()
    for content in (whole[:500], b"hsqs" + bytes(4096)):
        damaged.write_bytes(content)
        with pytest.raises(InvalidAnswer, match=r"^lab: "):
            read(damaged, program, scratch)


def test_without_a_program_the_sentence_names_what_to_install(image: Path, tmp_path: Path) -> None:
    with pytest.raises(Unsuitable, match=r"^lab: .* install squashfs-tools-ng or squashfs-tools$"):
        list(squashfs_members(image, Guard("lab", 1 << 30), "lab", tmp_path, lambda: None, lambda _: None))


@pytest.mark.parametrize("program", PACKAGES)
def test_reading_can_be_ended_and_leaves_no_process(image: Path, tmp_path: Path, program: str) -> None:
    require(program)
    which = {program: shutil.which(program)}.get

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(squashfs_members(image, Guard("lab", 1 << 30), "lab", tmp_path, stop, which))
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True)
    assert program not in children.stdout


def test_what_grows_beyond_all_measure_does_not_fill_the_disk(tmp_path: Path) -> None:
    require("mksquashfs")
    require("unsquashfs")
    root, scratch, image = tmp_path / "root", tmp_path / "scratch", tmp_path / "image"
    (root / "etc").mkdir(parents=True)
    scratch.mkdir()
    (root / "etc/large").write_bytes(b"a" * (200 << 20))
    subprocess.run(["mksquashfs", root, image, "-noappend", "-quiet"], check=True, stdout=subprocess.DEVNULL)
    sizes = [0]

    def tick() -> None:
        sizes.extend(path.stat().st_size for path in scratch.iterdir())

    which = {"unsquashfs": shutil.which("unsquashfs")}.get
    with pytest.raises(InvalidAnswer, match=r"grows to more than 0\.1 GB"):
        list(squashfs_members(image, Guard("lab", 1 << 20), "lab", scratch, tick, which))
    assert max(sizes) <= (1 << 20) + (1 << 27)
    assert list(scratch.iterdir()) == []


_HANGS = "exec sleep 1000"
_SPINS = "while :; do :; done"
_EATS = f"""exec {sys.executable} -c '
import resource
while resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
    pass
bytearray(1 << 30)
'"""


@pytest.mark.parametrize("program", PACKAGES)
@pytest.mark.parametrize(
    ("script", "limits", "reason"),
    [
        (_HANGS, Limits(wall=0.2), "takes too long"),
        (_SPINS, Limits(cpu=1), "takes too long"),
        (_EATS, Limits(memory=1 << 29), "cannot be read"),
    ],
    ids=["hangs", "spins", "eats"],
)
def test_a_program_that_takes_too_much_is_ended(
    tmp_path: Path, program: str, script: str, limits: Limits, reason: str
) -> None:
    instead, scratch, image = tmp_path / program, tmp_path / "scratch", tmp_path / "image"
    scratch.mkdir()
    image.write_bytes(b"hsqs")
    instead.write_text(f"#!/bin/sh\n{script}\n")
    instead.chmod(0o755)
    which = {program: str(instead)}.get
    with pytest.raises(InvalidAnswer, match=reason):
        list(squashfs_members(image, Guard("lab", 1 << 30), "lab", scratch, lambda: None, which, limits))
