"""The two transfers of a connection: a file's bytes to the client, a request's body from it."""

from __future__ import annotations

import errno
import os
import select
import struct
import termios
from fcntl import ioctl

_TURN = 4 << 20  # bytes that one transfer may move before the others get their turn


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
                raise FileEnded(f"The file ends at byte {self._offset:,} instead of {self._end:,}")
            self._offset += sent
        return self._offset == self._end

    def progress(self) -> int | None:
        """Bytes that have reached the client; None while it is not the client that is waited for."""
        unread = _size(self.link, termios.TIOCOUTQ)
        return self._offset - self._begin - unread if unread else None


class FileEnded(Exception):
    """A file is shorter than it was when its size was promised to a client."""


def is_gone(error: BaseException) -> bool:
    """Whether a step failed because the client has closed the connection."""
    return isinstance(error, ConnectionError) or (
        isinstance(error, OSError) and error.errno in (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
    )


def _size(link: int, request: int) -> int:
    size: int = struct.unpack("i", ioctl(link, request, b"\0\0\0\0"))[0]
    return size
