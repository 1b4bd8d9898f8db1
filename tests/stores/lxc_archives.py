"""LXC images and hostile archives, made here byte by byte."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from typing import Self

from tests.ground.images import busybox

METADATA = b"architecture: x86_64\ncreation_date: 1700000000\nproperties:\n  os: Lab\n  release: '1'\n"


class Archive:
    """A tar file, member by member."""

    def __init__(self) -> None:
        self._plain = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._plain, mode="w", format=tarfile.GNU_FORMAT)

    def file(self, name: str, content: bytes = b"x", mode: int = 0o644) -> Self:
        header = tarfile.TarInfo(name)
        header.size, header.mode = len(content), mode
        self._tar.addfile(header, io.BytesIO(content))
        return self

    def folder(self, name: str) -> Self:
        return self.member(name, tarfile.DIRTYPE)

    def link(self, name: str, target: str) -> Self:
        return self.member(name, tarfile.SYMTYPE, target)

    def hard(self, name: str, target: str) -> Self:
        return self.member(name, tarfile.LNKTYPE, target)

    def header(self, header: tarfile.TarInfo, content: bytes = b"", pax: bool = False) -> Self:
        """A member as the test wants it."""
        self._tar.format = tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT
        self._tar.addfile(header, io.BytesIO(content))
        return self

    def raw(self, content: bytes) -> Self:
        """Bytes that no writer of tar files would write."""
        self._plain.write(content)
        return self

    def member(self, name: str, kind: bytes, target: str = "") -> Self:
        header = tarfile.TarInfo(name)
        header.type, header.linkname, header.mode = kind, target, 0o755
        header.uid, header.gid = 1000, 1001
        self._tar.addfile(header)
        return self

    def root(self, under: str = "./", runnable: bool = False) -> Self:
        """A small root file system; one that really runs has busybox in it."""
        self.folder(f"{under}etc").file(f"{under}etc/hostname", b"LXC_NAME\n")
        self.file(f"{under}etc/hosts", b"127.0.1.1 LXC_NAME\n").folder(f"{under}bin")
        self.file(f"{under}bin/busybox", busybox() if runnable else b"#!", 0o755)
        return self.link(f"{under}bin/sh", "/bin/busybox").hard(f"{under}bin/echo", f"{under}bin/busybox")

    def plain(self) -> bytes:
        self._tar.close()
        return self._plain.getvalue()

    def tar(self, compress: Callable[[bytes], bytes] = lambda plain: gzip.compress(plain, 1, mtime=0)) -> bytes:
        return compress(self.plain())


def xz(plain: bytes) -> bytes:
    return lzma.compress(plain, preset=0)


def root_archive() -> bytes:
    """A bare root, gzipped."""
    return Archive().root().tar()
