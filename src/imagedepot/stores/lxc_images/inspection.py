"""Finds out which of the known shapes an image's files have, and reads its small files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from imagedepot.content.archives.unpacked import Packing, Tick, limit_for, packing_of, unpacked
from imagedepot.errors import NotAnImage
from imagedepot.stores.lxc_images.members import Guard, Member, members

_SMALL = 256 << 10
_TELLING = re.compile(r"metadata\.yaml|config(-user)?(\.5)?|excludes(-user)?|templates|create-message|expiry")
_META = re.compile(r"(meta|lxd|incus)\.tar(\.(xz|gz|zst|bz2))?")
_ROOT = re.compile(r"(rootfs|root)\.(squashfs|tar(\.(xz|gz|zst|bz2))?)")
_DISK = (b"QFI\xfb", b"KDMV")


class Shape(StrEnum):
    SPLIT = "split"  # metadata and rootfs as two files
    UNIFIED = "unified"  # (a) metadata.yaml and rootfs/
    CONTAINER = "container"  # (b) config and rootfs/
    NESTED = "nested"  # (c) meta.tar.*, or the files that would be in it, and rootfs.tar.*
    BARE = "bare"  # (d) the root itself


@dataclass(frozen=True, slots=True)
class Inspection:
    """`base`: the folder in the archive that holds all of it, "" mostly; `found`: small files by their names; `extra`:
    of split metadata, that there is more than these; `inner`: of a nested one, the paths of its archives, the
    root's last."""

    shape: Shape
    base: str = ""
    found: Mapping[str, bytes] = field(default_factory=dict)
    inner: tuple[str, ...] = ()
    extra: bool = False

    @property
    def root(self) -> str:
        """The path of the root in the archive."""
        if self.shape in (Shape.SPLIT, Shape.BARE):
            return self.base
        return f"{self.base}/rootfs".lstrip("/")


def inspect_files(files: Sequence[Path], name: str, tick: Tick) -> Inspection:
    """Reads a single file to its end, so that what is wrong with it is known; of two only the metadata.

    Raises `NotAnImage`, `InvalidAnswer` (damaged, hostile), `StorageFailure`.
    """
    for path in files:
        _refuse_disks(path, name)
    if len(files) == 2:
        if packing_of(files[0]) is Packing.SQUASHFS:
            raise NotAnImage(f"{name}: its metadata is not a tar file")
        found, kinds = _scan(files[0], f"{name}'s metadata", tick)
        beside = {path: raw for path, raw in found.items() if "/" not in path}
        return Inspection(
            Shape.SPLIT, found=beside, extra=any(kinds[path] != "folder" for path in kinds.keys() - beside)
        )
    if packing_of(files[0]) is Packing.SQUASHFS:
        return Inspection(Shape.BARE)
    found, kinds = _scan(files[0], name, tick)
    for base in _bases(kinds):
        if inspection := _recognised(base, kinds, found):
            return inspection
    raise NotAnImage(
        f"{name}: not an LXC image: neither metadata.yaml or config beside rootfs/, nor meta.tar and rootfs.tar, "
        f"nor a root with etc/ and bin/ or usr/"
    )


def small(member: Member) -> bytes:
    """The content of a small file; "" for one that is not."""
    if member.content is None or member.info.size > _SMALL:
        return b""
    parts = []
    while part := member.content.read(_SMALL):
        parts.append(part)
    return b"".join(parts)


def _scan(path: Path, what: str, tick: Tick) -> tuple[dict[str, bytes], dict[str, str]]:
    guard = Guard(what, limit_for(path.stat().st_size))
    found: dict[str, bytes] = {}
    with unpacked(path, what, tick) as source:
        for member in members(source, guard, what):
            if member.kind == "file" and member.path.count("/") <= 1 and _TELLING.fullmatch(_last(member.path)):
                found[member.path] = small(member)
    return found, guard.kinds


def _bases(kinds: Mapping[str, str]) -> list[str]:
    """The top of the archive, or the one folder that holds everything."""
    top = [path for path in kinds if path and "/" not in path]
    return ["", *(top if len(top) == 1 and kinds[top[0]] == "folder" else [])]


def _recognised(base: str, kinds: Mapping[str, str], found: Mapping[str, bytes]) -> Inspection | None:
    inside = f"{base}/" if base else ""

    def is_folder(path: str) -> bool:
        return kinds.get(inside + path) == "folder"

    def is_root(path: str) -> bool:
        return is_folder(f"{path}etc") and (f"{inside}{path}bin" in kinds or f"{inside}{path}usr" in kinds)

    beside = {_last(path): raw for path, raw in found.items() if path.rpartition("/")[0] == base}
    if is_folder("rootfs") and "metadata.yaml" in beside:
        return Inspection(Shape.UNIFIED, base, beside)
    if is_folder("rootfs") and ("config" in beside or is_root("rootfs/")):
        return Inspection(Shape.CONTAINER, base, beside)
    files = [path for path, kind in kinds.items() if kind == "file" and path.rpartition("/")[0] == base]
    metas = [path for path in files if _META.fullmatch(_last(path))]
    roots = [path for path in files if _ROOT.fullmatch(_last(path))]
    if roots and (metas or beside):
        return Inspection(Shape.NESTED, base, beside, (*metas[:1], roots[0]))
    return Inspection(Shape.BARE, base) if is_root("") else None


def _refuse_disks(path: Path, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(4)
    if head in _DISK:
        raise NotAnImage(f"{name}: a virtual machine's disk, not a container image")


def _last(path: str) -> str:
    return path.rpartition("/")[2]
