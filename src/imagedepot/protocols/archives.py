"""An image as one file that is made while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class ImageArchive(Protocol):
    """`size` in bytes and `etag` (a strong one, without quotes) are None where they are not known beforehand: then it
    can be read from its first byte only."""

    @property
    def size(self) -> int | None: ...

    @property
    def etag(self) -> str | None: ...

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to and without `end`, in memory that does not grow with them.

        Raises a `DepotError` in the middle for what turns out to be missing or damaged.
        """
