"""Packs members into a compressed tar file, block by block, on all processors.

Each block is compressed by itself; the pieces, one behind the other, are one valid file (of xz, of gzip), as
`xz -T` and pigz do it, but without another program to run, watch and end (`docs/decisions/0060-repack-in-process.md`).
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from imagedepot.content.archives.unpacked import CHUNK
from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.stores.lxc_images.members import Member, clean

_BLOCK = 8 << 20
_SPACE_EVERY = 64 << 20

_SAMPLES, _SAMPLE = 16, 1 << 12
_DENSE = 0.97
_HARDLY = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 0,
        "dict_size": 1 << 12,
        "mode": lzma.MODE_FAST,
        "mf": lzma.MF_HC3,
        "nice_len": 3,
        "depth": 1,
    }
]

Compress = Callable[[bytes], bytes]


def xz(block: bytes) -> bytes:
    """Quick: level 1 is seven times as fast as level 6 for a sixth more bytes. What is packed already, it would chew
    on the longest, for nothing."""
    if _is_dense(block):
        return lzma.compress(block, filters=_HARDLY)
    return lzma.compress(block, preset=1)


def gz(block: bytes) -> bytes:
    return gzip.compress(block, 1, mtime=0)


def _is_dense(block: bytes) -> bool:
    """Whether content is compressed already, judged by samples all over it."""
    step = max(_SAMPLE, len(block) // _SAMPLES)
    sample = b"".join(block[at : at + _SAMPLE] for at in range(0, len(block), step))
    return len(zlib.compress(sample, 1)) > len(sample) * _DENSE


class Packer:
    """One tar file that is being written; `add` members, in order. Made by `packing`."""

    def __init__(self, blocks: _Blocks) -> None:
        self._tar = tarfile.TarFile(
            fileobj=cast(IO[bytes], blocks),
            mode="w",
            format=tarfile.GNU_FORMAT,
            encoding="utf-8",
            errors="surrogateescape",
            copybufsize=CHUNK,
        )

    def add(self, member: Member, path: str, target: str = "") -> None:
        """Under `path`; `target`: what a hard link means there."""
        self._add(clean(member, path, target), member)

    def add_file(self, path: str, content: bytes) -> None:
        header = tarfile.TarInfo(path)
        header.size, header.mode = len(content), 0o644
        self._tar.addfile(header, io.BytesIO(content))

    def close(self) -> None:
        self._tar.close()

    def _add(self, header: tarfile.TarInfo, member: Member) -> None:
        # Names that are not UTF-8 go into GNU headers as they are; only extended attributes need the other ones.
        self._tar.format = tarfile.PAX_FORMAT if header.pax_headers else tarfile.GNU_FORMAT
        self._tar.addfile(header, cast("IO[bytes] | None", member.content))
        self._tar.members.clear()  # type: ignore[attr-defined]  # or it would remember them all


class _Blocks:
    """The file object that tarfile writes to."""

    def __init__(self, file: IO[bytes], compress: Compress, space: DiskSpace, what: str) -> None:
        self._file = file
        self._compress = compress
        self._space = space
        self._what = what
        self._workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._workers, "pack")
        self._waiting = bytearray()
        self._at_work: deque[Future[bytes]] = deque()
        self._position = 0
        self._written = 0
        self._look_at = _SPACE_EVERY

    def tell(self) -> int:
        return self._position

    def write(self, data: bytes) -> int:
        self._waiting += data
        self._position += len(data)
        while len(self._waiting) >= _BLOCK:
            self._hand_out(bytes(self._waiting[:_BLOCK]))
            del self._waiting[:_BLOCK]
        return len(data)

    def finish(self) -> None:
        if self._waiting:
            self._hand_out(bytes(self._waiting))
            self._waiting.clear()
        while self._at_work:
            self._take_in()

    def end(self) -> None:
        """End the workers, whatever happened."""
        self._pool.shutdown(cancel_futures=True)

    def _hand_out(self, block: bytes) -> None:
        while len(self._at_work) > self._workers:
            self._take_in()
        self._at_work.append(self._pool.submit(self._compress, block))

    def _take_in(self) -> None:
        self._written += self._file.write(self._at_work.popleft().result())
        if self._written >= self._look_at:
            self._look_at += _SPACE_EVERY
            self._space.check(0, self._what)


@contextmanager
def packing(path: Path, compress: Compress, space: DiskSpace, what: str) -> Iterator[Packer]:
    """Write a new file at `path`, which is whole and on the disk at the end. Raises `StorageFailure`."""
    try:
        with path.open("xb") as file:
            blocks = _Blocks(file, compress, space, what)
            try:
                packer = Packer(blocks)
                yield packer
                packer.close()
                blocks.finish()
            finally:
                blocks.end()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFailure(f"Cannot write {path.name}: {error.strerror}") from error
