"""The two transfers of a connection: a file's bytes to the client, a request's body from it."""

from __future__ import annotations

import errno
import os
import select
import struct
import termios
import threading
from collections.abc import Callable, Sequence
from fcntl import ioctl

_TURN = 4 << 20  # bytes that one transfer may move before the others get their turn
_PIECE = 256 << 10
_WAITING = 64 << 10  # that many bytes unread are for us to read first
_buffers = threading.local()


class FileSending:
    """`count` bytes of `file` from `offset` on, by sendfile(2)."""

    events = select.EPOLLOUT

    def __init__(self, link: int, file: int, offset: int, count: int) -> None:
        self.link = link
        self._file = file
        self._offset = offset
        self._end = offset + count
        self._begin = offset

    def step(self) -> bool:
        """Raises `OSError` when the client has gone, or when the file ends too early."""
        turn_end = min(self._offset + _TURN, self._end)
        while self._offset < turn_end:
            try:
                sent = os.sendfile(self.link, self._file, self._offset, turn_end - self._offset)
            except BlockingIOError:
                return False
            if not sent:
                raise OSError(f"The file ends at byte {self._offset:,} instead of {self._end:,}")
            self._offset += sent
        return self._offset == self._end

    def progress(self) -> int | None:
        """Bytes that have reached the client; None while it is not the client that is waited for."""
        unread = _size(self.link, termios.TIOCOUTQ)
        return self._offset - self._begin - unread if unread else None


class BodyReading:
    """A body from the client: `parse` takes what was read and gives what is of the body, `sink` takes that.

    `pieces` were read before. `left` is how many bytes are still to be read, or None where only `parse` can tell when
    the end has come, by `has_ended`: what is read beyond it belongs to the next request.
    """

    def __init__(
        self,
        link: int,
        pieces: Sequence[bytes],
        left: int | None,
        parse: Callable[[memoryview], Sequence[bytes]],
        has_ended: Callable[[], bool],
        sink: Callable[[bytes], object],
    ) -> None:
        self.link = link
        self.events = select.EPOLLIN | select.EPOLLOUT  # at once, because there are pieces to write
        self._pieces = pieces
        self._left = left
        self._parse = parse
        self._has_ended = has_ended
        self._sink = sink
        self._read = 0

    def step(self) -> bool:
        """Raises `ConnectionError` when the client has gone, and what `parse` and `sink` raise."""
        self.events = select.EPOLLIN
        self._pour(self._pieces)
        self._pieces = ()
        turn_end = self._read + _TURN
        while self._read < turn_end and not self._has_ended():
            view = _buffer()[: _PIECE if self._left is None else min(self._left, _PIECE)]
            try:
                count = os.readv(self.link, [view])
            except BlockingIOError:
                return False
            if not count:
                raise ConnectionResetError("The client has gone before the end of its request")
            self._read += count
            if self._left is not None:
                self._left -= count
            self._pour(self._parse(view[:count]))
        return self._has_ended()

    def progress(self) -> int | None:
        """Bytes that have come; None while it is not the client that is waited for."""
        unread = _size(self.link, termios.FIONREAD)
        return self._read + unread if unread < _WAITING else None

    def _pour(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self._sink(piece)


def is_gone(error: BaseException) -> bool:
    """Whether a step failed because the client has closed the connection."""
    return isinstance(error, ConnectionError) or (
        isinstance(error, OSError) and error.errno in (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
    )


def _buffer() -> memoryview:
    """One for each thread."""
    if not hasattr(_buffers, "view"):
        _buffers.view = memoryview(bytearray(_PIECE))
    view: memoryview = _buffers.view
    return view


def _size(link: int, request: int) -> int:
    size: int = struct.unpack("i", ioctl(link, request, b"\0\0\0\0"))[0]
    return size
