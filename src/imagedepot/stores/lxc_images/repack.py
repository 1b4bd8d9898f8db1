"""The two files of `lxc-create -t local -- --metadata meta.tar.xz --fstree rootfs.tar.xz`.

What fits as it came is linked, not copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from imagedepot.content.archives.unpacked import CHUNK, Packing, Tick, packing_of
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.stores.lxc_images.config import is_complete, lxc_metadata
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.packer import packing, xz
from imagedepot.stores.lxc_images.root import Root, open_image


def repack(
    files: Sequence[Path], facts: ImageFacts, target: LxcFiles, scratch: Path, space: DiskSpace, tick: Tick
) -> None:
    """Makes the files `target`, which are not there yet; what is in between lies in the folder `scratch`.

    Raises `InvalidAnswer`, `NotAnImage`, `StorageFailure`, `Unsuitable`."""
    space.check(sum(path.stat().st_size for path in files), facts.name)
    opened = open_image(files, facts.name, scratch, space, tick)
    root = Root(opened, facts.name, scratch, tick)
    fits = False
    if root.packing is Packing.XZ and not opened.prefix:
        root.scan()
        fits = root.is_as_it_came
    if fits:
        link(opened.path, target.rootfs)
    else:
        root = Root(opened, facts.name, scratch, tick)
        root.pack(target.rootfs, xz, space)
    wanted = lxc_metadata(opened.inspection.found, facts.architecture, root.kinds)
    metadata = opened.metadata
    if (
        metadata
        and packing_of(metadata) is Packing.XZ
        and not opened.inspection.extra
        and is_complete(opened.inspection.found, wanted)
    ):
        link(metadata, target.metadata)
    else:
        with packing(target.metadata, xz, space, facts.name) as packer:
            for name, content in wanted.items():
                packer.add_file(name, content)


def link(source: Path, target: Path) -> None:
    """The same file by another name; a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as original, target.open("xb") as copy:
            shutil.copyfileobj(original, copy, CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
