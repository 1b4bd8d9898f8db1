"""Passes on what an engine's own `save` writes, while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse

from imagedepot.errors import InvalidInput, StoreUnavailable
from imagedepot.remote.http.abortable import AbortableConnection

_CHUNK = 1 << 18


class SavedImages:
    """An `ImageArchive` whose length nothing tells beforehand. Close it at the end, which ends the engine's work."""

    size = None
    etag = None

    def __init__(self, address: str, connection: AbortableConnection, response: HTTPResponse) -> None:
        self._address = address
        self._connection = connection
        self._response = response

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of the archive, once. Raises `StoreUnavailable` when the engine goes away in the middle."""
        if start or end is not None:
            raise InvalidInput("What an engine saves can be read from its first byte only")
        try:
            while chunk := self._response.read(_CHUNK):
                yield chunk
        except (OSError, HTTPException) as error:
            raise StoreUnavailable(f"The engine at {self._address} does not answer any more") from error

    def close(self) -> None:
        self._connection.close()
