"""Sends an image to an engine while its last layers are still being fetched.

Only what is whole and verified goes out, layer by layer; should one fail, the engine's load is cut off and leaves
nothing behind. If it fails, the image is sent again from our content.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, StoreUnavailable
from imagedepot.model.digest import Digest
from imagedepot.model.image import InstalledImage
from imagedepot.protocols import BlobReader, Content


class Arriving:
    """Content of which some blobs are still being fetched: reading one waits for it."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._changed = threading.Condition()
        self._over = False
        self.has = content.has
        self.put = content.put
        self.upstream = content.upstream

    def read(self, digest: Digest) -> bytes:
        self._wait_for(digest)
        return self._content.read(digest)

    def open(self, digest: Digest, offset: int = 0) -> BlobReader:
        self._wait_for(digest)
        return self._content.open(digest, offset)

    def local_path(self, digest: Digest) -> Path | None:
        self._wait_for(digest)
        return self._content.local_path(digest)

    def _wait_for(self, digest: Digest) -> None:
        """Wait for a blob. Raises `Cancelled` when it will not come."""
        with self._changed:
            while not self._content.has(digest):
                if self._over:
                    raise Cancelled
                self._changed.wait()

    def landed(self, digest: Digest) -> None:
        with self._changed:
            self._changed.notify_all()

    def end(self) -> None:
        """End the waiting: no further blob will come."""
        with self._changed:
            self._over = True
            self._changed.notify_all()


class EarlyInstall:
    """`with EarlyInstall(install, content, cancellation) as early:` runs `install` beside the block, which tells
    `early.landed`. What `install` is given to watch is cancelled with the block's own work, and when that fails."""

    def __init__(
        self, install: Callable[[Content, Cancellation], InstalledImage], content: Content, cancellation: Cancellation
    ) -> None:
        self._arriving = Arriving(content)
        self._install = install
        self._outer = cancellation
        self._cut = Cancellation()
        self._image: InstalledImage | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="early-install", daemon=True)
        self.landed = self._arriving.landed

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._arriving.end()
        if error is not None:
            self._cut.cancel()
            self._thread.join()

    def image(self) -> InstalledImage | None:
        """Wait for the image; None when the engine went away meanwhile. Raises what `install` raised."""
        self._thread.join()
        if self._error is not None and not isinstance(self._error, StoreUnavailable):
            raise self._error
        return self._image

    def give_up(self) -> None:
        """Cancel the install, and wait until it has ended."""
        self._cut.cancel()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._outer.on_cancel(self._cut.cancel):
                self._image = self._install(self._arriving, self._cut)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the waiting thread
            self._error = error
