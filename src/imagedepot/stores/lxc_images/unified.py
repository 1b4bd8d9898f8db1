"""An LXC image as one file for `lxc image import` and `incus image import`: `metadata.yaml`, `templates/`, `rootfs/`.

What came as such a file goes out as it is. Everything else is put together while it is read, from its first byte on,
unpacked: nothing is written, and memory grows with the number of files alone.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import TypeAlias

from imagedepot.content.archives.tar_file import cut
from imagedepot.content.archives.unpacked import CHUNK, Packing, Readable, limit_for, packing_of, unpacked
from imagedepot.errors import InvalidAnswer, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.protocols import ImageArchive
from imagedepot.stores.lxc_images.facts import ImageFacts
from imagedepot.stores.lxc_images.inspection import Shape
from imagedepot.stores.lxc_images.members import Guard, clean, members
from imagedepot.stores.lxc_images.metadata import write_metadata
from imagedepot.stores.lxc_images.root import OpenedImage, Root, open_image

_IMPORTED = {Packing.PLAIN, Packing.GZIP, Packing.XZ, Packing.BZIP2}  # what every version of LXD reads
_METADATA, _ROOT = "metadata.yaml", "rootfs"
_END = bytes(2 * tarfile.BLOCKSIZE)
_LAYOUT = "1"
"""Another one whenever the same image becomes other bytes."""

_Written: TypeAlias = tuple[tarfile.TarInfo, Readable | bytes | None]


def unified(
    files: Sequence[Path],
    facts: ImageFacts,
    fingerprint: str,
    scratch: Path,
    space: DiskSpace,
    sizes: MutableMapping[str, int],
) -> ImageArchive:
    """`scratch` is a folder for what cannot be read in one go, `sizes` remembers the length by fingerprint: it takes
    reading all of the image once. Raises `NotAnImage`, `InvalidAnswer`, `StorageFailure`, `Unsuitable`."""
    opened = open_image(files, facts.name, scratch, space, lambda: None)
    look = opened.inspection
    is_unified = look.shape is Shape.UNIFIED and not look.base and _METADATA in look.found
    if is_unified and packing_of(files[0]) in _IMPORTED:
        return AsItCame(files[0], fingerprint)
    made = PutTogether(opened, facts, scratch)
    if fingerprint not in sizes:
        sizes[fingerprint] = made.measure()
    made.size = sizes[fingerprint]
    made.etag = hashlib.sha256(f"{fingerprint} {_LAYOUT} {made.size}".encode()).hexdigest()
    return made


class AsItCame:
    """`protocols.ImageArchive` of a file that is one already."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path = path
        self.size: int | None = path.stat().st_size
        self.etag: str | None = fingerprint

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        left = (self.size or 0 if end is None else end) - start
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                while left > 0 and (chunk := file.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk
        except OSError as error:
            raise StorageFailure(f"Cannot read {self._path.name}: {error.strerror}") from error
        if left > 0:
            raise StorageFailure(f"{self._path.name} has become shorter")


class PutTogether:
    """`protocols.ImageArchive` that is made anew each time it is read, always the same bytes."""

    def __init__(self, opened: OpenedImage, facts: ImageFacts, scratch: Path) -> None:
        self.size: int | None = None
        self.etag: str | None = None
        self._opened = opened
        self._facts = facts
        self._scratch = scratch

    def measure(self) -> int:
        """The size of the archive in bytes."""
        return sum(len(_raw(header)) + header.size + _padding(header) for header, _ in self._members()) + len(_END)

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is None:
            end = self.size if self.size is not None else self.measure()
        at = 0
        for header, content in self._members():
            for piece in self._pieces(header, content):
                yield from cut(piece, start - at, end - at)
                at += len(piece)
            if at >= end:
                return
        yield from cut(_END, start - at, end - at)

    def _pieces(self, header: tarfile.TarInfo, content: Readable | bytes | None) -> Iterator[bytes]:
        yield _raw(header)
        left = header.size
        if isinstance(content, bytes):
            yield content
        elif content is not None:
            while left and (piece := content.read(min(CHUNK, left))):
                left -= len(piece)
                yield piece
            if left:
                raise InvalidAnswer(f"{self._facts.name}: {header.name} in it ends in the middle")
        yield bytes(_padding(header))

    def _members(self) -> Iterator[_Written]:
        yield from self._metadata()
        for member, path, target in Root(self._opened, self._facts.name, self._scratch, lambda: None).members():
            under = f"{_ROOT}/{path}".rstrip("/")
            yield clean(member, under, f"{_ROOT}/{target}" if target else ""), member.content

    def _metadata(self) -> Iterator[_Written]:
        """The metadata that LXD reads: the image's own where it has one, with its templates."""
        opened, found = self._opened, self._opened.inspection.found
        if _METADATA in found and opened.metadata is not None:
            yield from self._beside(opened.metadata, "")
        elif _METADATA in found and opened.inspection.shape is Shape.UNIFIED:
            yield from self._beside(opened.path, opened.inspection.base)
        else:
            content = found.get(_METADATA) or write_metadata(self._facts)
            header = tarfile.TarInfo(_METADATA)
            header.size, header.mode = len(content), 0o644
            yield header, content

    def _beside(self, path: Path, base: str) -> Iterator[_Written]:
        """Everything in folder `base` of an archive but the root file system."""
        name, inside = self._facts.name, f"{base}/" if base else ""
        guard = Guard(name, limit_for(path.stat().st_size))
        with unpacked(path, name, lambda: None) as source:
            for member in members(source, guard, name):
                under = member.path[len(inside) :] if member.path.startswith(inside) else ""
                if under and under.partition("/")[0] != _ROOT:
                    target = "/".join(part for part in member.info.linkname.split("/") if part not in ("", "."))
                    yield clean(member, under, target.removeprefix(inside)), member.content


def _raw(header: tarfile.TarInfo) -> bytes:
    """Names that are not UTF-8 go into GNU headers as they are; only extended attributes need the other ones."""
    if header.pax_headers:
        return header.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return header.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(header: tarfile.TarInfo) -> int:
    return -header.size % tarfile.BLOCKSIZE
