"""One small root file system that really runs, in all the shapes that LXC images come in."""

from __future__ import annotations

import functools
import gzip
import subprocess
import tempfile
from pathlib import Path

import zstandard

from imagedepot.model.depot import APPCENTER
from imagedepot.model.image import LXC_TAG, ImageRequest, ImageType, RemoteFile, ResolvedLxc
from imagedepot.protocols import Blobs, LxcStore
from tests.ground.needs import require
from tests.stores.lxc_archives import METADATA, Archive, xz

CONTAINER_CONFIG = (
    b"lxc.include = /usr/share/lxc/config/common.conf\nlxc.rootfs.path = dir:/var/lib/lxc/lab/rootfs\n"
    b"lxc.hook.pre-start = /bin/evil\nlxc.mount.entry = / mnt none bind 0 0\nlxc.tty.max=4\nlxc.arch = amd64\n"
)


@functools.cache
def shapes() -> dict[str, tuple[bytes, ...]]:
    """The files of an image, by shape."""
    root = Archive().root(runnable=True)
    plain = root.plain()
    lxd = Archive().file("metadata.yaml", METADATA).folder("templates").file("templates/hostname.tpl").plain()
    unified = Archive().file("./metadata.yaml", METADATA).folder("rootfs").root("rootfs/", runnable=True).plain()
    box = Archive().folder("box").file("box/config", CONTAINER_CONFIG).root("box/rootfs/", runnable=True).plain()
    nested = Archive().file("meta.tar.xz", xz(lxd)).file("rootfs.tar.xz", xz(plain)).plain()
    return {
        "unified": (gzip.compress(unified, 1),),
        "container": (zstandard.compress(box),),
        "nested": (gzip.compress(nested, 1),),
        "bare": (gzip.compress(plain, 1),),
        "split": (xz(lxd), xz(plain)),
        "squashfs": (xz(lxd), squashfs()),
    }


@functools.cache
def squashfs() -> bytes:
    """The same root, by mksquashfs."""
    require("mksquashfs")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "root", Path(folder) / "root.squashfs"
        source.mkdir()
        subprocess.run(["tar", "-xf", "-", "-C", source], input=Archive().root(runnable=True).plain(), check=True)
        subprocess.run(["mksquashfs", source, target, "-noappend", "-quiet"], check=True, stdout=subprocess.DEVNULL)
        return target.read_bytes()


def install_split(blobs: Blobs, store: LxcStore, name: str) -> None:
    """A split image by this name, as if it had been downloaded."""
    digests = [blobs.put(content) for content in shapes()["split"]]
    files = tuple(RemoteFile(f"http://mirror.lan/{each.hex}", blobs.size(each), each) for each in digests)
    request = ImageRequest(APPCENTER, ImageType.LXC, name, LXC_TAG)
    store.install(request, ResolvedLxc(name, "amd64", files), blobs, digests, lambda *_: None)
