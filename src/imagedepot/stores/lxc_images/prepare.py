"""The files that LXD and Incus take: one unified file, or metadata and rootfs.

What they take as it came is passed through untouched, so that its fingerprint stays that of the upstream.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from imagedepot.content.archives.unpacked import Packing, Tick, packing_of
from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.image import ResolvedLxc
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.inspection import Inspection, Shape, inspect_files
from imagedepot.stores.lxc_images.metadata import read_metadata, write_metadata
from imagedepot.stores.lxc_images.packer import gz, packing
from imagedepot.stores.lxc_images.root import Root, open_image

_TAKEN = {Packing.GZIP, Packing.XZ, Packing.BZIP2, Packing.SQUASHFS}
_METADATA, _ROOTFS = "metadata.tar.gz", "rootfs.tar.gz"


class Prepared(Sequence[Path]):
    """Paths of files, some of which are deleted when this object is."""

    def __init__(self, paths: Sequence[Path], scratch: Path) -> None:
        self._paths = tuple(paths)
        weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | Sequence[Path]:
        return self._paths[index]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class LxcPreparer:
    """Prepares images for `stores/lxd/store.py`. Its files lie in `folder` and go when the caller releases them."""

    def __init__(self, folder: Path, space: DiskSpace) -> None:
        self._folder = folder
        self._space = space
        shutil.rmtree(folder, ignore_errors=True)  # what a crash left behind

    def __call__(self, resolved: ResolvedLxc, paths: Sequence[Path], tick: Tick) -> Sequence[Path]:
        """`tick` is called again and again, and may raise to end it.

        Raises `NotAnImage`, `InvalidAnswer`, `StorageFailure`, `Unsuitable`."""
        inspection = inspect_files(paths, resolved.name, tick)
        if inspection.shape in (Shape.SPLIT, Shape.UNIFIED) and _is_taken(inspection, paths):
            return paths
        self._space.check(2 * sum(path.stat().st_size for path in paths), resolved.name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(dir=self._folder))
        except OSError as error:
            raise StorageFailure(f"Cannot use the folder {self._folder}: {error.strerror}") from error
        try:
            return Prepared(self._split(resolved, paths, scratch, tick), scratch)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def _split(self, resolved: ResolvedLxc, paths: Sequence[Path], scratch: Path, tick: Tick) -> Sequence[Path]:
        opened = open_image(paths, resolved.name, scratch, self._space, tick)
        root = Root(opened, resolved.name, scratch, tick)
        if root.packing in _TAKEN and not opened.prefix:
            root.scan()
        if root.packing in _TAKEN and root.is_as_it_came:
            rootfs = opened.path
        else:
            rootfs = scratch / _ROOTFS
            Root(opened, resolved.name, scratch, tick).pack(rootfs, gz, self._space)
        metadata = opened.metadata
        if metadata is None or "metadata.yaml" not in opened.inspection.found or packing_of(metadata) not in _TAKEN:
            metadata = scratch / _METADATA
            facts = image_facts(resolved, opened.inspection)
            with packing(metadata, gz, self._space, resolved.name) as packer:
                packer.add_file("metadata.yaml", write_metadata(facts))
        return [metadata, rootfs]


def image_facts(resolved: ResolvedLxc, inspection: Inspection) -> ImageFacts:
    """The facts of the upstream, completed with those of the image itself."""
    raw = inspection.found.get("metadata.yaml")
    own = read_metadata(raw, resolved.name) if raw is not None else ImageFacts(resolved.name)
    return ImageFacts(
        resolved.name,
        resolved.architecture or own.architecture,
        resolved.created or own.created,
        {**own.properties, **resolved.properties},
    )


def _is_taken(inspection: Inspection, paths: Sequence[Path]) -> bool:
    return (
        not inspection.base
        and "metadata.yaml" in inspection.found
        and all(packing_of(path) in _TAKEN for path in paths)
    )
