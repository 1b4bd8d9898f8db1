"""The bytes that are here, as a store sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from imagedepot.model.digest import Digest


class Content(Protocol):
    """Whole, verified blobs."""

    def path(self, digest: Digest) -> Path:
        """The blob's file, whether it is here yet or not."""

    def has(self, digest: Digest) -> bool: ...

    def put(self, content: bytes) -> Digest:
        """Add a small blob that we made (a converted manifest), durably."""

    def upstream(self, digest: Digest) -> bytes:
        """The manifest or index as the upstream sent it. Raises `ImageNotFound`."""
