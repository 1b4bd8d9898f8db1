"""The members of a tar file, guarded.

Refused, with a sentence: a member outside of the root (`..`, an absolute name), one whose path goes through a link,
a hard link to what is not in the archive, a path given twice as different things. Left out: device nodes, which LXC
makes itself. A symbolic link may point anywhere: it is data, and nothing here or in `tar -x` follows it.
"""

from __future__ import annotations

import math
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from imagedepot.content.archives.unpacked import CHUNK, Readable, Unpacked
from imagedepot.errors import InvalidAnswer

_MOST_MEMBERS = 1_000_000
_MOST_LETTERS = 1 << 27  # of all paths together: they are kept in memory
_LONGEST_PATH = 4096
_HIGHEST_ID = 2**32 - 2
_LATEST = 2**40
_KEPT_HEADERS = ("SCHILY.xattr.", "SCHILY.acl.", "RHT.security.")
_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.GNUTYPE_SPARSE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "file",
    tarfile.FIFOTYPE: "pipe",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
}


@dataclass(frozen=True, slots=True)
class Member:
    """`path` has no `./` and no slash at its ends, "" is the root; `content` of a file, to be read before the next."""

    path: str
    info: tarfile.TarInfo
    content: Readable | None

    @property
    def kind(self) -> str:
        return _KINDS[self.info.type]


class Guard:
    """Looks at each member of one archive. `limit`: bytes that it may grow to; `kinds`: what each path turned out to
    be; `dropped`: what was left out."""

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self.limit = limit
        self._unpacked = 0
        self._letters = 0
        self.kinds: dict[str, str] = {}
        self.dropped = 0

    def admit(self, info: tarfile.TarInfo) -> str | None:
        """The path of a member; None for one that is left out. Raises `InvalidAnswer`."""
        path, kind = self._path(info.name), _KINDS.get(info.type)
        if kind is None:
            raise self._refusal(info.name, "is of a kind that no image has")
        self._above(path)
        if self.kinds.get(path, kind) != kind or (not path and kind != "folder"):
            raise self._refusal(path, "is in it twice, as different things")
        self._note(path, kind)
        if info.islnk():
            target = self._path(info.linkname)
            self._above(target)
            if self.kinds.get(target) == "device":
                del self.kinds[path]
                self.dropped += 1
                return None
            if self.kinds.get(target) != "file" or target == path:
                raise self._refusal(path, "is a hard link to a file that is not in it")
        if not (0 <= info.uid <= _HIGHEST_ID and 0 <= info.gid <= _HIGHEST_ID and info.size >= 0):
            raise self._refusal(path, "has an owner or a size that makes no sense")
        self._unpacked += info.size
        if self._unpacked > self.limit:
            raise InvalidAnswer(f"{self._what}: it grows to more than {self.limit / 1e9:,.1f} GB: refused")
        if kind == "device":
            self.dropped += 1
            return None
        return path

    def _path(self, name: str) -> str:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts or len(name) > _LONGEST_PATH or "\0" in name:
            raise self._refusal(name, "leads out of the image")
        return "/".join(parts)

    def _above(self, path: str) -> None:
        """The folders above a path, which need no members of their own."""
        at = path.rfind("/")
        while at > 0:
            kind = self.kinds.get(path[:at])
            if kind == "folder":
                return  # and so is what is above that one
            if kind is not None:
                raise self._refusal(path, "goes through a link")
            self._note(path[:at], "folder")
            at = path.rfind("/", 0, at)

    def _note(self, path: str, kind: str) -> None:
        if path not in self.kinds:
            self.kinds[path] = kind
            self._letters += len(path)
        if len(self.kinds) > _MOST_MEMBERS or self._letters > _MOST_LETTERS:
            raise InvalidAnswer(f"{self._what}: too many files, or too long names, for an image")

    def _refusal(self, name: str, why: str) -> InvalidAnswer:
        shown = name[:200].encode(errors="replace").decode()
        return InvalidAnswer(f"{self._what}: refused, because {shown!r} {why}")


def members(source: Unpacked, guard: Guard, what: str) -> Iterator[Member]:
    """The members in order. Raises `InvalidAnswer` when the archive is damaged, cut off, or not a tar file."""
    try:
        source.grant_header()
        with tarfile.TarFile(
            fileobj=cast(IO[bytes], source), mode="r", encoding="utf-8", errors="surrogateescape"
        ) as tar:
            while (info := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # or it would remember them all
                source.allowance = None
                path = guard.admit(info)
                if path is not None:
                    yield Member(path, info, _content(tar, source, info))
                source.grant_header()
        if source.last.strip(b"\0") or len(source.last) != tarfile.BLOCKSIZE:
            raise InvalidAnswer(f"{what}: it ends in the middle, or is damaged")
        source.allowance = None
        while source.read(CHUNK):
            pass  # the checksum of what is compressed comes at its very end
    except tarfile.ReadError as error:
        raise InvalidAnswer(f"{what}: not a tar file, or a damaged one ({error})") from error
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidAnswer(f"{what}: a header in it makes no sense") from error


def clean(member: Member, path: str, target: str = "") -> tarfile.TarInfo:
    """Its header as we write it: numeric owners and extended attributes kept, everything else that is not needed
    gone. `target` for hard links."""
    info = member.info
    header = tarfile.TarInfo(f"./{path}" if path else ".")
    header.type = tarfile.REGTYPE if member.kind == "file" and not info.islnk() else info.type
    header.mode, header.uid, header.gid = info.mode & 0o7777, info.uid, info.gid
    header.mtime = info.mtime if math.isfinite(info.mtime) and 0 <= info.mtime < _LATEST else 0
    if header.type == tarfile.REGTYPE:
        header.size = info.size
    elif info.islnk():
        header.linkname = f"./{target}"
    elif info.issym():
        header.linkname = info.linkname
    kept = {key: value for key, value in info.pax_headers.items() if key.startswith(_KEPT_HEADERS)}
    header.pax_headers = kept
    return header


def _content(tar: tarfile.TarFile, source: Unpacked, info: tarfile.TarInfo) -> Readable | None:
    if _KINDS[info.type] != "file" or info.islnk():
        return None
    return _Part(source, info.size) if info.sparse is None else cast(Any, tar.extractfile(info))


class _Part:
    """The next `size` bytes of a stream."""

    def __init__(self, source: Unpacked, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int, /) -> bytes:
        part = self._source.read(min(size, self._left))
        if len(part) < min(size, self._left):
            raise InvalidAnswer(f"{self._source.what}: it ends in the middle")
        self._left -= len(part)
        return part
