"""The files for `lxc-create`, made from each image on first use: `lxc/ready/<fingerprint>/`."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.content.local_files import local_files
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.errors import Cancelled, ImageNotFound, StorageFailure
from imagedepot.files.atomic import sync_folder
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs
from imagedepot.stores.lxc_images.facts import ImageFacts

_MAKING = "making-"


class ReadyFiles:
    """One maker at a time for each image; the others wait for it, and take over when it is cancelled."""

    def __init__(self, blobs: Blobs, folder: Path, space: DiskSpace) -> None:
        self._blobs = blobs
        self._folder = folder
        self._space = space
        self._turns = KeyedLock()
        self._lock = threading.Lock()
        self._running: set[Cancellation] = set()
        self._closed = False
        if folder.is_dir():
            for left in folder.glob(f"{_MAKING}*"):
                shutil.rmtree(left, ignore_errors=True)

    def get(
        self,
        fingerprint: str,
        files: Sequence[Digest],
        facts: ImageFacts,
        wanted: Callable[[], bool],
        cancellation: Cancellation,
    ) -> LxcFiles:
        """`wanted`: whether the image is still here. Raises `ImageNotFound`, `Unsuitable`, `InvalidAnswer`,
        `StorageFailure`, `Cancelled`."""
        with (
            self._running_with(cancellation),
            self._turns.turn(fingerprint, PartProgress(fingerprint, None), cancellation),
            self._blobs.lease() as lease,
        ):
            lease.pin(files)
            ready = self._folder / fingerprint
            try:
                with local_files(self._blobs, files) as paths:
                    if not self._is_fresh(ready, paths):
                        self._make(ready, paths, facts, wanted, cancellation)
            except (FileNotFoundError, ImageNotFound) as error:
                raise ImageNotFound(facts.name) from error
            except OSError as error:
                raise StorageFailure(f"Cannot make the files of {facts.name} ready: {error.strerror}") from error
            return _files_in(ready)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what is in between; it goes at the end, or with the next start. Raises `StorageFailure`."""
        import tempfile  # late: as above

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = tempfile.mkdtemp(dir=self._folder, prefix=_MAKING)
        except OSError as error:
            raise StorageFailure(f"Cannot use the folder {self._folder}: {error.strerror}") from error
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def size(self, fingerprint: str) -> int:
        """The size in bytes of the files that were made; 0 before their first use."""
        made = _files_in(self._folder / fingerprint)
        try:
            return made.metadata.stat().st_size + made.rootfs.stat().st_size
        except OSError:
            return 0

    def keep_only(self, fingerprints: Collection[str]) -> None:
        """Remove what was made for images that are no longer here."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in fingerprints and not folder.name.startswith(_MAKING):
                    shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            running = list(self._running)
        for cancellation in running:
            cancellation.cancel()

    def _make(
        self,
        ready: Path,
        paths: Sequence[Path],
        facts: ImageFacts,
        wanted: Callable[[], bool],
        cancellation: Cancellation,
    ) -> None:
        # Late: few commands read archives, and all of them should start fast.
        import tempfile

        from imagedepot.stores.lxc_images.repack import repack

        self._folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=self._folder, prefix=_MAKING))
        try:
            making.chmod(0o755)
            with tempfile.TemporaryDirectory(dir=making) as scratch:
                repack(paths, facts, _files_in(making), Path(scratch), self._space, cancellation.check)
            sync_folder(making)
            shutil.rmtree(ready, ignore_errors=True)
            making.replace(ready)
            sync_folder(self._folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        if not wanted():
            shutil.rmtree(ready, ignore_errors=True)
            raise ImageNotFound(facts.name)

    @staticmethod
    def _is_fresh(ready: Path, paths: Sequence[Path]) -> bool:
        """Whether the files are newer than what they were made from, which may have been repaired."""
        made = _files_in(ready)
        if not (made.metadata.is_file() and made.rootfs.is_file()):
            return False
        return ready.stat().st_mtime_ns >= max(path.stat().st_mtime_ns for path in paths)

    @contextmanager
    def _running_with(self, cancellation: Cancellation) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise Cancelled
            self._running.add(cancellation)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(cancellation)


def _files_in(folder: Path) -> LxcFiles:
    return LxcFiles(folder / "meta.tar.xz", folder / "rootfs.tar.xz")
