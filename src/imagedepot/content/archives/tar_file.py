"""A tar file of blobs, made while it is read: its length is known beforehand, and it can be read from any byte on."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from imagedepot.errors import StorageFailure, UpstreamError
from imagedepot.protocols import BlobReader

_CHUNK = 1 << 18
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive: its name inside, its size, and its bytes, or what opens them at an offset when their
    turn comes."""

    name: str
    size: int
    source: Callable[[int], BlobReader] | bytes


class TarFile:
    """The tar file's bytes, a quarter of a MiB at a time. Iterating over it gives all of them.

    `progress(sent, total)` counts the members' own bytes.
    """

    def __init__(self, members: Sequence[Member], progress: Callable[[int, int], None] = lambda *_: None) -> None:
        self._members = members
        self._progress = progress

    def __len__(self) -> int:
        members = sum(len(_header(each)) + each.size + -each.size % _BLOCK for each in self._members)
        return members + 2 * _BLOCK

    @property
    def size(self) -> int:
        return len(self)

    @property
    def etag(self) -> str:
        """A strong tag, from names, sizes, and the bytes of members that are not named by a digest."""
        whole = hashlib.sha256()
        for member in self._members:
            whole.update(_header(member))
            whole.update(member.source if isinstance(member.source, bytes) else b"")
        return whole.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks()

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to and without `end`. A blob that is shorter than its descriptor promised raises
        `UpstreamError`."""
        end = len(self) if end is None else end
        total = sum(member.size for member in self._members)
        at = sent = 0
        for member in self._members:
            header = _header(member)
            yield from cut(header, start - at, end - at)
            at += len(header)
            for chunk in _content(member, start - at, end - at):
                sent += len(chunk)
                self._progress(sent, total)
                yield chunk
            at += member.size
            padding = bytes(-member.size % _BLOCK)
            yield from cut(padding, start - at, end - at)
            at += len(padding)
            if at >= end:
                return
        yield from cut(bytes(2 * _BLOCK), start - at, end - at)


def check_sizes(sizes: Sequence[tuple[str, int, int]]) -> None:
    """`sizes`: of each blob its name, what is promised and what is here. Raises `StorageFailure`: an archive whose head
    is sent already could only be cut off."""
    for name, promised, here in sizes:
        if promised != here:
            raise StorageFailure(
                f"blob {name} has {here:,} bytes here, and its manifest promises {promised:,}: "
                f"`imagedepot verify --repair` fetches it again"
            )


def cut(content: bytes, start: int, end: int) -> Iterator[bytes]:
    """The part of `content` between two offsets, which may be outside of it."""
    part = content[max(0, start) : max(0, end)]
    if part:
        yield part


def _content(member: Member, start: int, end: int) -> Iterator[bytes]:
    start, end = max(0, start), min(member.size, end)
    if start >= end:
        return
    if isinstance(member.source, bytes):
        yield member.source[start:end]
        return
    left = end - start
    with member.source(start) as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
        if left or (end == member.size and file.read(1)):
            was = "more" if not left else f"{member.size - left:,}"
            raise UpstreamError(f"{member.name} has {was} bytes; its manifest says {member.size:,}")


def _header(member: Member) -> bytes:
    """A header in the GNU format, which allows the names of sha512 blobs and members of more than 8 GiB."""
    header = tarfile.TarInfo(member.name)
    header.size = member.size
    header.mode = 0o644
    return header.tobuf(tarfile.GNU_FORMAT)
