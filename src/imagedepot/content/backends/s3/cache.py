"""A bounded cache of whole blobs on this disk. A file in it is whole and correct; the one used least recently goes."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections import OrderedDict
from io import BufferedReader
from pathlib import Path

from imagedepot.errors import StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest

_ON_ITS_WAY = ".new"
_LARGEST_SHARE = 4  # a blob of more than a fourth of the cache would drive out too much


class ReadCache:
    """At most `most` bytes in `folder`; 0 for no cache. A cache that cannot be read or written costs nothing but the
    request that it would have saved. What is cached leaves the reserve of `space` alone."""

    def __init__(self, folder: Path, most: int, space: DiskSpace | None = None) -> None:
        self._folder = folder
        self._most = most
        self._space = space
        self._lock = threading.Lock()
        self._sizes: OrderedDict[Digest, int] = OrderedDict()  # the last used at the end
        with contextlib.suppress(OSError):
            if most:
                folder.mkdir(parents=True, exist_ok=True)
            self._find()
        self._shrink()

    @property
    def bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

    def open(self, digest: Digest) -> BufferedReader | None:
        """The file of a blob; None if it is not in the cache."""
        with self._lock:
            if digest not in self._sizes:
                return None
            self._sizes.move_to_end(digest)
        try:
            file = self._path(digest).open("rb")
            os.utime(file.fileno())
        except OSError:
            self.drop(digest)
            return None
        return file

    def fill(self, digest: Digest, size: int) -> Filling | None:
        """A file to write a blob of `size` bytes to as it is read; None if it is not to be kept."""
        if size * _LARGEST_SHARE > self._most or digest in self._sizes:
            return None
        try:
            if self._space is not None:
                self._space.check(size, "The cache")
            return Filling(self, digest, size, self._folder / f"{digest.key}.{secrets.token_hex(4)}{_ON_ITS_WAY}")
        except (StorageFailure, OSError):
            return None

    def drop(self, digest: Digest) -> None:
        with self._lock:
            self._sizes.pop(digest, None)
        with contextlib.suppress(OSError):
            self._path(digest).unlink(missing_ok=True)

    def take(self, path: Path, digest: Digest, size: int) -> None:
        """Add a whole and correct file to the cache. Raises `OSError`."""
        path.replace(self._path(digest))
        with self._lock:
            self._sizes[digest] = size
        self._shrink()

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.key

    def _find(self) -> None:
        """The whole files of an earlier run, by when they were last used. Raises `OSError`."""
        found = []
        for path in self._folder.iterdir():
            digest = Digest.from_key(path.name)
            if digest is None:
                path.unlink()
            else:
                seen = path.stat()
                found.append((seen.st_mtime, digest, seen.st_size))
        for _, digest, size in sorted(found, key=lambda each: each[0]):
            self._sizes[digest] = size

    def _shrink(self) -> None:
        with self._lock:
            total = sum(self._sizes.values())
            while total > self._most:
                digest, size = self._sizes.popitem(last=False)
                total -= size
                with contextlib.suppress(OSError):
                    self._path(digest).unlink(missing_ok=True)


class Filling:
    """A file that becomes part of the cache if it turns out whole and correct. Errors of the disk end it silently."""

    def __init__(self, cache: ReadCache, digest: Digest, size: int, path: Path) -> None:
        self._cache = cache
        self._digest = digest
        self._size = size
        self._path = path
        self._hasher = digest.hasher()
        self._here = 0
        self._file = path.open("xb")

    def write(self, piece: bytes) -> None:
        if self._file.closed:
            return
        try:
            self._file.write(piece)
        except OSError:
            self.close()
        self._hasher.update(piece)
        self._here += len(piece)

    def close(self) -> None:
        """Close the file, and keep it if it is whole and correct."""
        if self._file.closed:
            return
        is_right = self._here == self._size and self._hasher.hexdigest() == self._digest.hex
        with contextlib.suppress(OSError):
            self._file.close()
            if is_right:
                self._cache.take(self._path, self._digest, self._size)
                return
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
