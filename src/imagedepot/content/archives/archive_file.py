"""A tar file that came from outside: its members by name, read where they lie and never unpacked.

Refused, each with a sentence: a member outside of the archive (`..`, an absolute name), one that is neither a file, a
folder nor a link inside of the archive, a sparse one (a few bytes that say they are many), one that is in it twice, and
headers or names of a size that none has. A link is another name of a member here, as old versions of `docker save` and
skopeo write it: nothing on the disk is ever followed.
"""

from __future__ import annotations

import os
import posixpath
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imagedepot.errors import InvalidArchive, StorageFailure

_BLOCK = tarfile.BLOCKSIZE
_LARGEST_HEADER = 1 << 20
_LONGEST_NAME = 4096
_MOST_MEMBERS = 100_000
_MOST_LINKS = 8
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE)
_PAX = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_RECORD = re.compile(rb"(\d{1,7}) ")


@dataclass(frozen=True, slots=True)
class Span:
    """Where the bytes of a member lie in the file."""

    offset: int
    size: int


class ArchiveFile:
    """Open for as long as it is used, also when the file is removed meanwhile; safe for many threads.

    Raises `InvalidArchive`, `StorageFailure`.
    """

    _file = -1

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StorageFailure(f"Cannot read {path}: {error.strerror}") from error
        self._members: dict[str, Span] = {}
        self._links: dict[str, str] = {}
        self._size = os.fstat(self._file).st_size
        self._read_headers()

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def find(self, name: str) -> Span | None:
        """The member with this name, or the one that a link with this name leads to."""
        for _ in range(_MOST_LINKS):
            if name not in self._links:
                break
            name = self._links[name]
        return self._members.get(name)

    def content(self, name: str, largest: int) -> bytes:
        """The content of a small member. Raises `InvalidArchive` for a missing or larger one."""
        span = self.find(name)
        if span is None:
            raise InvalidArchive(f"The archive is incomplete: {shown(name)} is not in it")
        if span.size > largest:
            raise InvalidArchive(f"{shown(name)} in the archive has {span.size:,} bytes, too many for such a file")
        return self.read_at(span.offset, span.size)

    def read_at(self, offset: int, size: int) -> bytes:
        """Raises `InvalidArchive` where the file ends before: it was cut meanwhile."""
        content = self._pread(offset, size)
        if len(content) != size:
            raise InvalidArchive("The archive ends in the middle")
        return content

    def _pread(self, offset: int, size: int) -> bytes:
        try:
            content = os.pread(self._file, size, offset)
            while len(content) < size and (more := os.pread(self._file, size - len(content), offset + len(content))):
                content += more
        except OSError as error:
            raise StorageFailure(f"Cannot read the archive: {error.strerror}") from error
        return content

    def _read_headers(self) -> None:
        at, long_name, long_link, pax = 0, "", "", dict[str, str]()
        while (block := self._pread(at, _BLOCK)) != bytes(_BLOCK):
            if len(block) != _BLOCK:
                raise InvalidArchive("The archive ends in the middle" if at else "The archive is empty")
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.TarError as error:
                raise InvalidArchive(f"Not a tar file, or a damaged one (at byte {at:,})") from error
            at += _BLOCK
            if info.type in _PAX or info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
                if not 0 <= info.size <= _LARGEST_HEADER:
                    raise InvalidArchive(f"A header in the archive has {info.size:,} bytes, too many for a header")
                content = self.read_at(at, info.size)
                at += info.size + -info.size % _BLOCK
                if info.type == tarfile.GNUTYPE_LONGNAME:
                    long_name = _text(content)
                elif info.type == tarfile.GNUTYPE_LONGLINK:
                    long_link = _text(content)
                elif info.type != tarfile.XGLTYPE:
                    pax = dict(_pax(content))
                continue
            name = _inside(pax.get("path") or long_name or info.name)
            size = _number(pax["size"]) if "size" in pax else info.size
            if info.type in _LINKS:
                self._add_link(name, info.type, pax.get("linkpath") or long_link or info.linkname)
                size = 0
            elif info.type == tarfile.DIRTYPE:
                size = 0
            elif info.type in _FILES:
                self._add(name, Span(at, size))
            else:
                raise InvalidArchive(f"Refused: {shown(name)} in the archive is neither a file nor a folder")
            at += size + -size % _BLOCK
            long_name, long_link, pax = "", "", {}

    def _add(self, name: str, span: Span) -> None:
        if span.size < 0 or span.offset + span.size > self._size:
            raise InvalidArchive(f"The archive ends in the middle of {shown(name)}")
        self._check_new(name)
        self._members[name] = span

    def _add_link(self, name: str, kind: bytes, target: str) -> None:
        """A hard link's target is from the top of the archive, a symbolic one's from the folder that it is in."""
        self._check_new(name)
        base = posixpath.dirname(name) if kind == tarfile.SYMTYPE else ""
        if target.startswith("/"):
            raise _leads_out(name)
        self._links[name] = _inside(posixpath.normpath(posixpath.join(base, target)))

    def _check_new(self, name: str) -> None:
        if name in self._members or name in self._links:
            raise InvalidArchive(f"Refused: {shown(name)} is in the archive twice")
        if len(self._members) + len(self._links) >= _MOST_MEMBERS:
            raise InvalidArchive(f"Refused: the archive has more than {_MOST_MEMBERS:,} members")


def _inside(name: str) -> str:
    """A name as manifests have it, without `./`. Raises `InvalidArchive` for one that leads out of the archive."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or len(name) > _LONGEST_NAME:
        raise _leads_out(name)
    return "/".join(parts)


def _leads_out(name: str) -> InvalidArchive:
    return InvalidArchive(f"Refused: {shown(name)} in the archive leads out of it")


def _pax(content: bytes) -> Iterator[tuple[str, str]]:
    """The records of an extended header. Raises `InvalidArchive` for those of sparse files, and for nonsense."""
    at = 0
    while at < len(content):
        match = _RECORD.match(content, at)
        end = at + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(content):
            raise InvalidArchive("A header in the archive makes no sense")
        key, _, value = content[match.end() : end - 1].partition(b"=")
        if key.startswith(b"GNU.sparse."):
            raise InvalidArchive("Refused: a file in the archive is sparse, as no file of an image is")
        yield _text(key), _text(value)
        at = end


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidArchive("A header in the archive makes no sense")
    return int(text)


def _text(content: bytes) -> str:
    return content.rstrip(b"\0").decode("utf-8", "surrogateescape")


def shown(name: str) -> str:
    """A name from an archive, made fit for a sentence."""
    return repr(name[:150].encode(errors="replace").decode())
