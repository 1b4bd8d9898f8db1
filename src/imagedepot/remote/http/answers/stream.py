"""The stream of a body, read from the socket into the caller's buffer: no decoding, no copies, no bytes objects.

urllib3's own `readinto` makes a bytes object and copies it, so the reads go to the `http.client` response beneath it.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable

from urllib3.response import HTTPResponse

from imagedepot.errors import ConnectionBroken
from imagedepot.remote.http import failures

_BODILESS = (204, 304)  # a body sent all the same would be taken for the next answer
_READ_AHEAD = 8192  # of http.client's reader, which holds what came along with the headers


class BodyStream:
    """`protocols.ByteStream` over one answer. `length` is the size of the body in bytes, None when it is not known.

    A read returns what has arrived and does not wait for the buffer to fill, so that progress is exact on a slow line.
    """

    def __init__(self, response: HTTPResponse, abort: Callable[[], None], where: str) -> None:
        raw = response._fp
        assert isinstance(raw, http.client.HTTPResponse)
        self.start = 0
        self.total: int | None = None
        self.validator: str | None = None
        self.length: int | None = raw.length
        self.on_read: Callable[[int], None] | None = None  # called with the bytes of each piece
        self._raw = raw
        self._response = response
        self._abort = abort
        self._where = where
        self._left = self.length
        self._first = True
        self._ended = raw.isclosed() or self.length == 0
        self._cut = False
        self._lock = threading.Lock()

    def readinto(self, buffer: memoryview) -> int:
        """Raises `ConnectionBroken` when the body ends early or is silent for too long."""
        with self._lock:
            if self._cut:
                raise ConnectionBroken(f"The connection to {self._where} was closed")
            if self._ended:
                return 0
            try:
                count = self._read(buffer)
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise failures.reading(self._where, error) from error
            if self._left is not None:
                self._left -= count
                self._ended = self._left == 0
                if not count:
                    raise ConnectionBroken(f"The connection to {self._where} ended {self._left:,} bytes early")
            elif not count:
                self._ended = True
            if self.on_read is not None and count:
                self.on_read(count)
            return count

    def _read(self, buffer: memoryview) -> int:
        if self._raw.chunked:
            return self._raw.readinto(buffer)
        most = len(buffer) if self._left is None else min(len(buffer), self._left)
        if self._first:
            # A longer read would wait for the network although some bytes are here.
            self._first = False
            most = min(most, _READ_AHEAD)
        return self._raw.fp.readinto1(buffer[:most])

    def close(self) -> None:
        """Close, from any thread. At its end the connection is kept for the next request; before that it is cut."""
        if not (self._ended or self._cut):
            self._abort()
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._ended:
                self._raw.close()
                connection = self._response.connection
                if connection is not None and self._response.status in _BODILESS:
                    connection.close()
                self._response.release_conn()
            else:
                self._cut = True
                connection = self._response.connection
                self._response.close()
                if connection is not None:
                    # urllib3 leaves it open when http.client has dropped the body already.
                    connection.close()
