"""The bytes that are here, as a store sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from imagedepot.model.digest import Digest
from imagedepot.protocols.blobs import BlobReader


class Content(Protocol):
    """Whole, verified blobs. Some may still be on their way: then `read`, `open` and `local_path` wait for them."""

    def has(self, digest: Digest) -> bool: ...

    def read(self, digest: Digest) -> bytes:
        """All of a small blob. Raises `ImageNotFound`, `StorageFailure`, `Cancelled`."""

    def open(self, digest: Digest, offset: int = 0) -> BlobReader:
        """Read from byte `offset` on. Raises as `read`."""

    def local_path(self, digest: Digest) -> Path | None:
        """Its file, for reading only; None for a blob that is in no file (`content.local_files` copies it then)."""

    def put(self, content: bytes) -> Digest:
        """Add a small blob that we made (a converted manifest), durably."""

    def upstream(self, digest: Digest) -> bytes:
        """The manifest or index as the upstream sent it. Raises `ImageNotFound`."""
