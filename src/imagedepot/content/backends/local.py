"""Blobs on disk, by digest. A file under `blobs/` is whole and correct, or absent.

DATA_DIR/
  content/                     an OCI image layout at every moment
    oci-layout  index.json     (`content/index/oci_layout.py`)
    blobs/<algorithm>/<hex>    configs, layers, manifests; the files of LXC images too
  upstream/<algorithm>/<hex>   manifests and indexes as the upstream sent them
  partial/<key>                files on their way: the size is the truth about what is here
  partial/<key>.json           what to resume with, where there is no digest to trust
  partial/<key>.new            a small blob that is being written
  quarantine/<algorithm>-<hex> what `verify` found wrong
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.file_bytes import FileBytes
from imagedepot.content.leases import Leases
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.content.transfer.partial import Partial
from imagedepot.errors import DigestMismatch, ImageNotFound, InvalidReference, StorageFailure
from imagedepot.files.atomic import storage_errors, sync_folder, write_whole
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.slice import WHOLE, Slice
from imagedepot.model.digest import Digest
from imagedepot.protocols.blobs import BlobBytes, BlobWriter, Checked, Leftover, Unwanted

_ON_ITS_WAY = ".new"
_log = logging.getLogger(__name__)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 for one that has just been deleted by a download or a clean-up."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class BlobStore:
    """`protocols.Blobs` on disk; the one place that knows where content lies. One process at a time (the data folder's
    lock sees to that). What is put here leaves the reserve of `space` alone."""

    def __init__(self, data: Path, space: DiskSpace | None = None) -> None:
        self._data = data
        self.layout = data / "content"
        self.blobs = self.layout / "blobs"
        self.partials = data / "partial"
        self.quarantine = data / "quarantine"
        self._upstream = data / "upstream"
        self._space = space
        self.turn = KeyedLock().turn
        leases = Leases()
        self.lease, self.leased, self.leased_keys = leases.lease, leases.leased, leases.leased_keys
        self.grace = 0.0
        self.no_new_leases, self.sweeping = leases.no_new_leases, leases.sweeping
        self._writing = threading.Lock()
        self._unsettled: set[str] = set()
        try:
            for folder in (self.blobs / "sha256", self._upstream, self.partials):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailure(f"Cannot use the data folder {data}: {error.strerror}") from error

    def path(self, digest: Digest) -> Path:
        return self.blobs / digest.algorithm / digest.hex

    def has(self, digest: Digest) -> bool:
        return self.path(digest).is_file()

    def size(self, digest: Digest) -> int:
        """Bytes; 0 when it is not here."""
        return size_of(self.path(digest))

    def read(self, digest: Digest) -> bytes:
        """Raises `ImageNotFound`, `StorageFailure`."""
        with _reading(digest), self.open(digest) as file:
            return file.read()

    def open(self, digest: Digest, offset: int = 0) -> BufferedReader:
        """Raises `ImageNotFound`, `StorageFailure`."""
        with _reading(digest):
            file = self.path(digest).open("rb")
            if offset:
                file.seek(offset)
            return file

    def serve(self, digest: Digest, offset: int = 0) -> BlobBytes:
        return FileBytes(self.open(digest))

    def follow(self, key: str, digest: Digest) -> BlobBytes:
        """The bytes of the partial file, which stays the same file when it becomes a blob."""
        try:
            return FileBytes(self.partial(key).open("rb"))
        except OSError:
            return self.serve(digest)

    def redirect(self, digest: Digest) -> str | None:
        return None

    def local_path(self, digest: Digest) -> Path | None:
        return self.path(digest) if self.has(digest) else None

    def is_whole(self, digest: Digest) -> bool:
        """Reads all of it. Raises `ImageNotFound`, `StorageFailure`."""
        with _reading(digest), self.open(digest) as file:
            return hashlib.file_digest(file, digest.hasher).hexdigest() == digest.hex

    def put(self, content: bytes, algorithm: str = "sha256") -> Digest:
        """A small blob that is in memory already; written among the partial files, so that no torn one is a blob.

        As with `land`, `settle` makes it last.
        """
        digest = Digest.of(content, algorithm)
        with self._writing:
            if not self.has(digest):
                self._check_space(content)
                beside = self.partial(f"{digest.key}{_ON_ITS_WAY}")
                write_whole(self.path(digest), content, beside=beside)
                self._unsettled.add(digest.algorithm)
        return digest

    def land(self, partial: Path, digest: Digest) -> None:
        """Make a verified, synced partial file a blob. Raises `StorageFailure`.

        A power cut before `settle` may make it a partial file again, never a wrong blob.
        """
        target = self.path(digest)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(target)
        except OSError as error:
            raise StorageFailure(f"Cannot store {digest}: {error.strerror}") from error
        with self._writing:
            self._unsettled.add(digest.algorithm)

    def settle(self) -> None:
        """Make everything that has landed survive a power cut: before an index names it. One wait for all of it."""
        with self._writing:
            for algorithm in sorted(self._unsettled):
                with storage_errors(self.blobs):
                    sync_folder(self.blobs / algorithm)
            self._unsettled.clear()

    def all(self) -> Iterator[Digest]:
        """Every blob that is here."""
        yield from _digests(self.blobs)

    def delete(self, digest: Digest) -> int:
        """The bytes freed; 0 when it was not here."""
        size = self.size(digest)
        try:
            self.path(digest).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailure(f"Cannot remove {digest}: {error.strerror}") from error
        return size

    def keep_upstream(self, digest: Digest, raw: bytes) -> None:
        """Keep a manifest or index as the upstream sent it; without waiting for the disk, since reading it checks it.

        Raises `DigestMismatch`.
        """
        actual = Digest.of(raw, digest.algorithm)
        if actual != digest:
            raise DigestMismatch("manifest", str(digest), str(actual))
        with self._writing:
            if self.kept_upstream(digest) is None:
                self._check_space(raw)
                write_whole(self._upstream / digest.algorithm / digest.hex, raw, synced=False)

    def _check_space(self, content: bytes) -> None:
        if self._space is not None:
            self._space.check(len(content), "A manifest")

    def upstream(self, digest: Digest) -> bytes:
        """Raises `ImageNotFound` when it is not here."""
        raw = self.kept_upstream(digest)
        if raw is None:
            raise ImageNotFound(str(digest))
        return raw

    def kept_upstream(self, digest: Digest) -> bytes | None:
        """The upstream's own bytes, or None; bytes that no longer match their digest count as not here."""
        try:
            with _reading(digest):
                raw = (self._upstream / digest.algorithm / digest.hex).read_bytes()
        except ImageNotFound:
            return None
        return raw if Digest.of(raw, digest.algorithm) == digest else None

    def all_upstream(self) -> Iterator[Digest]:
        yield from _digests(self._upstream)

    def upstream_size(self, digest: Digest) -> int:
        """Bytes; 0 when it is not here."""
        return size_of(self._upstream / digest.algorithm / digest.hex)

    def forget_upstream(self, digest: Digest) -> int:
        """The bytes freed; 0 when it was not here. Raises `StorageFailure`."""
        size = self.upstream_size(digest)
        with storage_errors(self._upstream / digest.algorithm / digest.hex):
            (self._upstream / digest.algorithm / digest.hex).unlink(missing_ok=True)
        return size

    def partial(self, key: str) -> Path:
        """`key` is a digest with a dash, or the hex of a hash: never text from outside."""
        return self.partials / key

    def upload(self, key: str, expected: Digest | None, cancellation: Cancellation) -> BlobWriter:
        """Raises `StorageFailure`, `Cancelled`."""
        return _Writer(self, key, expected, cancellation)

    def forget_partial(self, key: str) -> None:
        """Raises `StorageFailure`."""
        with storage_errors(self.partial(key)):
            self.partial(key).unlink(missing_ok=True)
            self.partial(f"{key}.json").unlink(missing_ok=True)

    def unwanted(self, wanted: Collection[Digest]) -> Iterator[Unwanted]:
        """As `Blobs.unwanted`; all are listed first, so that each may be deleted while the caller iterates."""
        blobs, upstream = list(self.all()), list(self.all_upstream())
        yield from (Unwanted(each, self.size(each)) for each in blobs if each not in wanted)
        yield from (Unwanted(each, self.upstream_size(each), True) for each in upstream if each not in wanted)

    def delete_all(self, unwanted: Sequence[Unwanted]) -> Sequence[Unwanted]:
        gone = []
        for each in unwanted:
            try:
                (self.forget_upstream if each.is_upstream else self.delete)(each.digest)
            except StorageFailure as error:
                _log.warning("clean-up: %s", error)
            else:
                gone.append(each)
        return gone

    def leftovers(self) -> Iterator[Leftover]:
        """The partial files and what is in the quarantine; neither notes beside them nor folders among them."""
        for path in _listed(self.partials):
            if path.suffix != ".json" and not path.is_dir():
                yield _leftover(path, path.name.partition(".")[0])
        for path in _listed(self.quarantine) if self.quarantine.is_dir() else ():
            yield _leftover(path, None)

    def discard(self, leftover: Leftover) -> int:
        """Delete a leftover; the bytes freed. Raises `StorageFailure`."""
        path = (self.quarantine if leftover.key is None else self.partials) / leftover.name
        with storage_errors(path):
            size = size_of(path)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.json").unlink(missing_ok=True)
        return size

    def audit(self, slice_: Slice = WHOLE) -> Sequence[Checked]:
        """Raises `StorageFailure` when a folder or a file's size cannot be read."""
        from imagedepot.content.backends.local_audit import audit  # late: one command needs it

        return audit(self.blobs, self._data, slice_)

    def is_there(self, found: Checked) -> bool:
        return (self._data / found.place).exists()

    def set_aside(self, found: Checked) -> None:
        """Move a file into the quarantine. Raises `StorageFailure`."""
        from imagedepot.content.backends.local_audit import set_aside

        set_aside(self._data / found.place, self.quarantine)

    def place(self, digest: Digest) -> str:
        return str(self.path(digest).relative_to(self._data))

    def partial_size(self, key: str) -> int:
        """Bytes of that partial file; 0 when there is none."""
        return size_of(self.partial(key))


class _Writer(Partial):
    """A partial file that becomes a blob."""

    def __init__(self, blobs: BlobStore, key: str, expected: Digest | None, cancellation: Cancellation) -> None:
        super().__init__(blobs.partial(key), expected, cancellation)
        self._blobs = blobs

    def commit(self, digest: Digest) -> None:
        actual = self.digest()
        if actual != digest:
            raise DigestMismatch(f"blob {digest.short}", str(digest), str(actual))
        self.sync()
        self._blobs.land(self.path, digest)
        self.forget_note()


def _leftover(path: Path, key: str | None) -> Leftover:
    try:
        found = path.stat()
    except FileNotFoundError:  # it has just gone
        return Leftover(path.name, key, 0, datetime.now(UTC))
    return Leftover(path.name, key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


@contextmanager
def _reading(digest: Digest) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ImageNotFound(str(digest)) from None
    except OSError as error:
        raise StorageFailure(f"Cannot read {digest}: {error.strerror}") from error


def _digests(folder: Path) -> Iterator[Digest]:
    """Raises `StorageFailure`."""
    for algorithm in sorted(_listed(folder)) if folder.is_dir() else ():
        for name in _files(algorithm) if algorithm.is_dir() else ():
            try:
                yield Digest.parse(f"{algorithm.name}:{name}")
            except InvalidReference:
                continue  # not ours


def _files(folder: Path) -> list[str]:
    """The files of a folder; folders in it are not ours, and `verify` names them. Raises `StorageFailure`."""
    try:
        with os.scandir(folder) as found:
            return [each.name for each in found if not each.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise StorageFailure(f"Cannot read {folder}: {error.strerror}") from error


def _listed(folder: Path) -> list[Path]:
    """Raises `StorageFailure`."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise StorageFailure(f"Cannot read {folder}: {error.strerror}") from error
