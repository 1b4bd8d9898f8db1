"""What `lxc-create -t local` really makes of images in every shape."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import IO, cast

import pytest

from imagedepot.errors import InvalidAnswer, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.stores.lxc_images import packer
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.packer import packing
from imagedepot.stores.lxc_images.repack import link, repack
from tests.ground.needs import require, require_root
from tests.stores.lxc_archives import METADATA, Archive, xz
from tests.stores.lxc_shapes import shapes

FACTS = ImageFacts("lab/one", "amd64")


def written(folder: Path, *contents: bytes) -> list[Path]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"file-{number}")
        paths[-1].write_bytes(content)
    return paths


def made_of(folder: Path, *contents: bytes) -> LxcFiles:
    target = LxcFiles(folder / "meta.tar.xz", folder / "rootfs.tar.xz")
    scratch = folder / "scratch"
    scratch.mkdir()
    repack(written(folder, *contents), FACTS, target, scratch, DiskSpace(folder), lambda: None)
    return target


def content_of(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: file.read() for info in tar if info.isreg() and (file := tar.extractfile(info))}


@pytest.mark.parametrize("shape", ["unified", "container", "nested", "bare", "split", "squashfs"])
def test_lxc_create_makes_a_container_of_it(tmp_path: Path, shape: str) -> None:
    require("lxc-create", "xz", "mksquashfs", "unsquashfs")
    require_root("make containers and try them in their own root")
    files = made_of(tmp_path, *shapes()[shape])
    options = ["--metadata", str(files.metadata), "--fstree", str(files.rootfs)]
    command = ["lxc-create", "-P", str(tmp_path / "lxc"), "-n", "box", "-t", "local", "--", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    root = tmp_path / "lxc/box/rootfs"
    assert (root / "etc/hostname").read_text() == "box\n"
    assert (root / "bin/sh").readlink() == Path("/bin/busybox")
    assert (root / "bin/echo").stat().st_ino == (root / "bin/busybox").stat().st_ino
    assert (root / "bin").stat().st_uid == 1000
    said = subprocess.run(["chroot", root, "/bin/sh", "-c", "echo it runs"], capture_output=True, text=True, check=True)
    assert said.stdout == "it runs\n"
    config = (tmp_path / "lxc/box/config").read_text()
    assert "lxc.include = /usr/share/lxc/config/common.conf" in config
    assert "lxc.arch = x86_64" in config
    assert "evil" not in config
    assert "lxc.mount.entry" not in config


@pytest.mark.parametrize("beside", ["config", "metadata.yaml"])
def test_a_packed_rootfs_beside_loose_metadata_is_an_image_too(tmp_path: Path, beside: str) -> None:
    archive = Archive().file(f"lab/{beside}", b"lxc.tty.max = 4\n" if beside == "config" else METADATA)
    root = xz(Archive().root().plain())
    files = made_of(tmp_path, archive.file("lab/rootfs.tar.xz", root).tar())
    assert files.rootfs.read_bytes() == root
    assert (b"lxc.tty.max = 4" in content_of(files.metadata)["config"]) == (beside == "config")


def test_files_are_copied_where_there_are_no_links(tmp_path: Path) -> None:
    source = Path("/proc/version")  # another file system: no link can lead there
    link(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_a_rootfs_that_fits_is_linked_not_copied(tmp_path: Path) -> None:
    files = made_of(tmp_path, *shapes()["split"])
    assert files.rootfs.samefile(tmp_path / "file-1")
    assert set(content_of(files.metadata)) == {"config", "config-user", "templates"}


def test_metadata_that_fits_is_linked_too(tmp_path: Path) -> None:
    root = xz(Archive().root().plain())
    include = "lxc.include = LXC_TEMPLATE_CONFIG"
    config = f"{include}/common.conf\nlxc.arch = x86_64\n".encode()
    user = f"{include}/common.conf\n{include}/userns.conf\nlxc.arch = x86_64\n".encode()
    meta = Archive().file("config", config).file("config-user", user).file("templates", b"/etc/hostname\n")
    files = made_of(tmp_path, xz(meta.file("expiry", b"1\n").plain()), root)
    assert files.metadata.samefile(tmp_path / "file-0")


def test_metadata_with_more_than_is_known_is_written_again(tmp_path: Path) -> None:
    root = xz(Archive().root().plain())
    meta = Archive().file("config", b"lxc.arch = x86_64\n").file("fstab", b"/ mnt none bind 0 0\n")
    files = made_of(tmp_path, xz(meta.plain()), root)
    assert "fstab" not in content_of(files.metadata)


def test_a_rootfs_with_devices_is_packed_without_them(tmp_path: Path) -> None:
    root = Archive().root().member("dev/sda", tarfile.BLKTYPE).plain()
    files = made_of(tmp_path, xz(Archive().file("metadata.yaml", METADATA).plain()), xz(root))
    with tarfile.open(files.rootfs) as tar:
        names = tar.getnames()
    assert "./bin/busybox" in names
    assert "./dev/sda" not in names


def test_what_is_outside_of_the_root_stays_outside(tmp_path: Path) -> None:
    archive = Archive().file("metadata.yaml", METADATA).root("rootfs/").file("secret").file("rootfs2/secret")
    assert not [name for name in content_of(made_of(tmp_path, archive.tar()).rootfs) if "secret" in name]


def test_a_hard_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    archive = Archive().file("metadata.yaml", METADATA).root("rootfs/").hard("rootfs/x", "metadata.yaml")
    with pytest.raises(InvalidAnswer, match="a hard link in it leads out of its root"):
        made_of(tmp_path, archive.tar())


@pytest.mark.parametrize("folder", ["dev", "dev/pts", "etc/init"])
def test_folders_that_lxc_create_writes_to_may_not_be_links(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InvalidAnswer, match=f"/{folder} in it is not a folder"):
        made_of(tmp_path, Archive().root().link(folder, "/tmp").tar())


def test_a_hostile_rootfs_of_a_split_image_is_refused(tmp_path: Path) -> None:
    meta = xz(Archive().file("metadata.yaml", METADATA).plain())
    with pytest.raises(InvalidAnswer, match="leads out of the image"):
        made_of(tmp_path, meta, xz(Archive().root().file("../../etc/cron.d/x").plain()))


def test_many_blocks_make_one_file(tmp_path: Path) -> None:
    require("xz")
    archive = Archive().root()
    for number in range(5):
        archive.file(f"usr/{number}", os.urandom(1000) * 4000)
    files = made_of(tmp_path, archive.tar())
    subprocess.run(["xz", "-t", files.rootfs], check=True)
    assert len(content_of(files.rootfs)["./usr/4"]) == 4_000_000


def test_holes_are_filled_and_long_names_stay(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("etc", "bin", "n" * 200):
        (source / name).mkdir(parents=True)
    (source / ("n" * 200) / ("m" * 200)).write_text("long")
    (source / "bin/ünï").write_text("x")
    with (source / "etc/hole").open("wb") as file:
        file.seek(3 << 20)
        file.write(b"end")
    for kind in ("gnu", "posix"):
        folder = tmp_path / kind
        folder.mkdir()
        command = ["tar", "-S", f"--format={kind}", "-C", str(source), "-cf", str(folder / "root.tar"), "."]
        subprocess.run(command, check=True)
        content = content_of(made_of(folder, (folder / "root.tar").read_bytes()).rootfs)
        assert content["./etc/hole"] == bytes(3 << 20) + b"end"
        assert content[f"./{'n' * 200}/{'m' * 200}"] == b"long"
        assert content["./bin/ünï"] == b"x"


def test_attributes_arrive(tmp_path: Path) -> None:
    require("xz")
    source = tmp_path / "source"
    for name in ("etc", "bin"):
        (source / name).mkdir(parents=True)
    (source / "bin/ping").write_text("x")
    os.setxattr(source / "bin/ping", "user.lab", b"\x00\xff")
    pack = ["tar", "--xattrs", "--xattrs-include=*", "-C", str(source), "-cf", str(tmp_path / "root.tar"), "."]
    subprocess.run(pack, check=True)
    files = made_of(tmp_path, (tmp_path / "root.tar").read_bytes())
    target = tmp_path / "target"
    target.mkdir()
    subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "-C", target, "-xJf", files.rootfs], check=True)
    assert os.getxattr(target / "bin/ping", "user.lab") == b"\x00\xff"


def test_a_disk_that_fills_up_is_one_clear_sentence(tmp_path: Path) -> None:
    space = DiskSpace(tmp_path, free=lambda: 0)
    with (
        pytest.raises(StorageFailure, match=r"is available .268 MB is kept in reserve"),
        packing(tmp_path / "r", bytes, space, "lab") as tar,
    ):
        tar.add_file("big", bytes(80 << 20))


def test_what_is_packed_already_is_hardly_tried(tmp_path: Path) -> None:
    dense, loose = os.urandom(1 << 20), os.urandom(1 << 10) * 1024
    for block in (dense, loose, b"x", dense[:5000] + loose):
        assert lzma.decompress(packer.xz(block)) == block
    # A dictionary of 4 KiB is written into the stream's header by who hardly tries.
    assert packer.xz(dense)[16] == 0
    assert packer.xz(loose)[16] > 0
    assert len(packer.xz(loose)) < 5000


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    """Eight times the bytes, each in a process of its own that tells its peak."""
    peaks = []
    for megabytes in (40, 320):
        folder = tmp_path / str(megabytes)
        folder.mkdir()
        header = tarfile.TarInfo("bin/big")
        header.size = megabytes << 20
        with tarfile.open(folder / "root.tar", "w") as tar:
            tar.addfile(tarfile.TarInfo("etc/hostname"))
            tar.addfile(header, cast("IO[bytes]", Endless()))
        done = subprocess.run([sys.executable, "-c", _MEASURED, folder], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
        shutil.rmtree(folder)
    assert peaks[1] < peaks[0] * 1.3


class Endless:
    """Bytes that are quick to make, and to compress."""

    def __init__(self) -> None:
        self._piece = os.urandom(1 << 12) * 64

    def read(self, size: int) -> bytes:
        return (self._piece * (size // len(self._piece) + 1))[:size]


_MEASURED = """
import sys
from pathlib import Path
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.repack import repack
folder = Path(sys.argv[1])
repack([folder / "root.tar"], ImageFacts("lab"), LxcFiles(folder / "m", folder / "r"), folder, DiskSpace(folder), int)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""
