"""Bytes from an upstream."""

from __future__ import annotations

from typing import Protocol, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.image import RemoteFile


class ByteStream(Protocol):
    """An answer being read. `start` is the offset of its first byte: 0 where the upstream ignored the range.

    `total` is the size of the whole file in bytes, where the upstream names it; `validator` an ETag or date to resume
    with.
    """

    start: int
    total: int | None
    validator: str | None

    def readinto(self, buffer: memoryview) -> int:
        """Read some bytes; 0 at the end.

        Raises `ConnectionBroken` when the upstream stops in the middle or is silent for too long.
        """

    def close(self) -> None:
        """Close the connection, also from another thread to end a blocked read."""


C = TypeVar("C", Descriptor, RemoteFile, contravariant=True)


class Fetcher(Protocol[C]):
    """Opens blobs (`Descriptor`) or files (`RemoteFile`) of one image."""

    def open(
        self, content: C, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        """Open the content at byte `offset`.

        `cancellation` ends the wait for an upstream that does not answer; `close` ends the stream itself. Raises a
        `DepotError`; its `retryable` and `retry_after` tell whether to try again.
        """
