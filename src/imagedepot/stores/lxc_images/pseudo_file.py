"""The pseudo file that `unsquashfs -pf` writes: a line for each member, then the bytes of all files.

    etc/hostname R 1795548538 644 1000 1001 3 1982257       modified, mode, owner, group, size, offset
    bin/sh S 1795548538 777 0 0 busybox

Extended attributes, which it has from squashfs-tools 4.6 on, are not read: file capabilities are lost.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from imagedepot.content.archives.unpacked import Tick
from imagedepot.errors import InvalidAnswer
from imagedepot.stores.lxc_images.members import Guard, Member

_MARK = b"# START OF DATA - DO NOT MODIFY"
_LONGEST_LINE = 1 << 16
_NAME = rb"((?:\\.|[^\\ ])+)"
_MEMBER = re.compile(_NAME + rb" ([DRSBCI]) (\d{1,11}) ([0-7]{1,5}) (\d{1,10}) (\d{1,10}) ?(.*)", re.DOTALL)
_LINK = re.compile(_NAME + rb" L " + _NAME)
_ATTRIBUTE = re.compile(_NAME + rb" x ")
_TYPES = {
    b"D": tarfile.DIRTYPE,
    b"R": tarfile.REGTYPE,
    b"S": tarfile.SYMTYPE,
    b"B": tarfile.BLKTYPE,
    b"C": tarfile.CHRTYPE,
    b"I": tarfile.FIFOTYPE,
}


def pseudo_members(path: Path, guard: Guard, what: str, tick: Tick) -> Iterator[Member]:
    """Raises `InvalidAnswer`."""
    with path.open("rb") as lines, path.open("rb") as data:
        begin = _begin_of_data(lines, what)
        lines.seek(0)
        while (line := lines.readline(_LONGEST_LINE)) != b"#\n":
            tick()
            info, offset = _parsed(line.rstrip(b"\n"), what)
            if info is None:
                continue
            admitted = guard.admit(info)
            if admitted is not None:
                data.seek(begin + offset)
                yield Member(admitted, info, _Slice(data, info.size, what, tick) if info.isreg() else None)


def _begin_of_data(lines: IO[bytes], what: str) -> int:
    for line in iter(lambda: lines.readline(_LONGEST_LINE), b""):
        if line.startswith(_MARK):
            lines.readline(_LONGEST_LINE)
            return lines.tell()
    raise InvalidAnswer(f"{what}: a squashfs image that cannot be read")


def _parsed(line: bytes, what: str) -> tuple[tarfile.TarInfo | None, int]:
    """(header, offset of its bytes); no header for what is not needed."""
    if link := _LINK.fullmatch(line):
        info = tarfile.TarInfo(_text(_plain(link[1])))
        info.type, info.linkname = tarfile.LNKTYPE, _text(_plain(link[2]))
        return info, 0
    found = _MEMBER.fullmatch(line)
    if not found:
        if _ATTRIBUTE.match(line):
            return None, 0
        raise InvalidAnswer(f"{what}: a name in it cannot be read by unsquashfs: install squashfs-tools-ng")
    name, kind, modified, mode, uid, gid, rest = found.groups()
    info = tarfile.TarInfo(_text(_plain(name)).lstrip("/") or ".")
    info.type, info.mtime, info.mode = _TYPES[kind], int(modified), int(mode, 8)
    info.uid, info.gid = int(uid), int(gid)
    if kind == b"S":
        info.linkname = _text(rest)
    if kind == b"I" and rest.strip() != b"f":
        return None, 0  # a socket, which a tar file cannot hold
    if kind != b"R":
        return info, 0
    size, offset = rest.split()[:2]
    info.size = int(size)
    return info, int(offset)


def _plain(name: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", name, flags=re.DOTALL)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class _Slice:
    def __init__(self, data: IO[bytes], size: int, what: str, tick: Tick) -> None:
        self._data = data
        self._left = size
        self._what = what
        self._tick = tick

    def read(self, size: int, /) -> bytes:
        self._tick()
        part = self._data.read(min(size, self._left))
        if len(part) < min(size, self._left):
            raise InvalidAnswer(f"{self._what}: it ends in the middle")
        self._left -= len(part)
        return part
