"""Checks what `inspect_files` does not read: that a separate root file system is really one."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

from imagedepot.content.archives.unpacked import Packing, Tick, limit_for, packing_of, unpacked
from imagedepot.errors import InvalidAnswer
from imagedepot.stores.lxc_images.members import Guard, members
from imagedepot.stores.lxc_images.squashfs import Which, check_squashfs

_SUPERBLOCK = struct.Struct("<5I6H8Q")  # squashfs 4.0, as the kernel's squashfs_fs.h has it


def check_root(files: Sequence[Path], name: str, tick: Tick, which: Which = shutil.which) -> None:
    """Of a split image, the beginning of its root: the whole of it has a checksum mostly. A squashfs that came alone is
    read by the system's programs. Raises `InvalidAnswer`, `StorageFailure`.
    """
    root = files[-1]
    if packing_of(root) is Packing.SQUASHFS:
        _check_superblock(root, name)
        if len(files) == 1:
            check_squashfs(root, name, tick, which)
    elif len(files) == 2:
        what = f"{name}'s root"
        with unpacked(root, what, tick) as source:
            if next(members(source, Guard(what, limit_for(root.stat().st_size)), what), None) is None:
                raise InvalidAnswer(f"{what}: an empty archive")


def _check_superblock(path: Path, name: str) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_SUPERBLOCK.size)
    if len(head) == _SUPERBLOCK.size:
        _, inodes, _, block, _, _, log, _, ids, major, minor, _, used, id_table, _, inode_table, folders, *_ = (
            _SUPERBLOCK.unpack(head)
        )
        is_version_4 = (major, minor) == (4, 0) and inodes > 0 and ids > 0
        if is_version_4 and 12 <= log <= 20 and block == 1 << log:
            if size < used:
                raise InvalidAnswer(f"{name}: a squashfs image that ends {used - size:,} bytes early")
            if _SUPERBLOCK.size <= inode_table < folders < used and id_table < used:
                return
    raise InvalidAnswer(f"{name}: not a squashfs image, although it begins like one")
