"""The root file system of an image, wherever it lies: member by member, and as a new tar file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagedepot.content.archives.unpacked import CHUNK, Packing, Tick, limit_for, packing_of, unpacked
from imagedepot.errors import InvalidAnswer, NotAnImage
from imagedepot.files.free_space import DiskSpace
from imagedepot.stores.lxc_images.inspection import Inspection, Shape, inspect_files
from imagedepot.stores.lxc_images.members import Guard, Member, members
from imagedepot.stores.lxc_images.packer import Compress, packing
from imagedepot.stores.lxc_images.squashfs import squashfs_members

# `lxc-create` makes folders and edits files below these, as root: what they are may not lead elsewhere.
_OWN_FOLDERS = ("dev", "dev/pts", "etc", "etc/init")


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """The files of an inspected image: its root is in folder `prefix` of the archive `path`.

    `metadata`: the file of its metadata, if that is a separate one.
    """

    inspection: Inspection
    path: Path
    prefix: str = ""
    metadata: Path | None = None


def open_image(files: Sequence[Path], name: str, scratch: Path, space: DiskSpace, tick: Tick) -> OpenedImage:
    """Looks into an image; of a nested one the two archives are put into the folder `scratch`."""
    inspection = inspect_files(files, name, tick)
    if inspection.shape is Shape.SPLIT:
        return OpenedImage(inspection, files[1], metadata=files[0])
    if inspection.shape is not Shape.NESTED:
        return OpenedImage(inspection, files[0], inspection.root)
    space.check(files[0].stat().st_size, name)
    inner = [scratch / f"inner-{number}" for number in range(len(inspection.inner))]
    _take_out(files[0], dict(zip(inspection.inner, inner, strict=True)), name, tick)
    if len(inner) == 1:
        return OpenedImage(inspection, inner[0])
    return OpenedImage(replace(inspect_files(inner, name, tick), shape=Shape.NESTED), inner[1], metadata=inner[0])


class Root:
    """`kinds` is what each path turned out to be; known after the members were read."""

    def __init__(self, opened: OpenedImage, name: str, scratch: Path, tick: Tick) -> None:
        self._laid = opened
        self._name = name
        self._scratch = scratch
        self._tick = tick
        self._guard = Guard(name, limit_for(opened.path.stat().st_size))
        self.packing = packing_of(opened.path)

    @property
    def is_as_it_came(self) -> bool:
        """Whether the file holds the root and nothing else, nothing of which was left out."""
        return not self._laid.prefix and not self._guard.dropped

    @property
    def kinds(self) -> dict[str, str]:
        inside = f"{self._laid.prefix}/" if self._laid.prefix else ""
        return {path[len(inside) :]: kind for path, kind in self._guard.kinds.items() if path.startswith(inside)}

    def members(self) -> Iterator[tuple[Member, str, str]]:
        """The members, each with its path under the root, and a hard link's target. Raises `InvalidAnswer`."""
        what, opened = self._name, self._laid
        if self.packing is Packing.SQUASHFS:
            yield from self._below(squashfs_members(opened.path, self._guard, what, self._scratch, self._tick))
        else:
            with unpacked(opened.path, what, self._tick) as source:
                yield from self._below(members(source, self._guard, what))
        self._refuse_strangers()

    def scan(self) -> None:
        """Read all members, to find what is wrong with them."""
        for _ in self.members():
            pass

    def pack(self, path: Path, compress: Compress, space: DiskSpace) -> None:
        """Pack the members into a new tar file, with the root at its top."""
        with packing(path, compress, space, self._name) as packer:
            for member, under, target in self.members():
                packer.add(member, under, target)

    def _below(self, found: Iterator[Member]) -> Iterator[tuple[Member, str, str]]:
        for member in found:
            path = self._relative(member.path)
            if path is None:
                continue
            target = self._relative(_normal(member.info.linkname)) if member.info.islnk() else ""
            if target is None:
                raise InvalidAnswer(f"{self._name}: refused, because a hard link in it leads out of its root")
            yield member, path, target

    def _relative(self, path: str) -> str | None:
        prefix = self._laid.prefix
        if not prefix or path == prefix:
            return "" if prefix else path
        return path[len(prefix) + 1 :] if path.startswith(f"{prefix}/") else None

    def _refuse_strangers(self) -> None:
        kinds = self.kinds
        for folder in _OWN_FOLDERS:
            if kinds.get(folder, "folder") != "folder":
                raise InvalidAnswer(f"{self._name}: refused, because /{folder} in it is not a folder")
        if not {"bin", "etc", "usr"} & kinds.keys():
            raise NotAnImage(f"{self._name}: its root file system has neither bin/ nor etc/ nor usr/")


def _take_out(archive: Path, wanted: dict[str, Path], name: str, tick: Tick) -> None:
    guard = Guard(name, limit_for(archive.stat().st_size))
    with unpacked(archive, name, tick) as source:
        for member in members(source, guard, name):
            target = wanted.get(member.path)
            if target is not None and member.content is not None:
                with target.open("wb") as file:
                    while part := member.content.read(CHUNK):
                        file.write(part)
                    file.flush()
                    os.fsync(file.fileno())


def _normal(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", "."))
