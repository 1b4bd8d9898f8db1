"""HTTP connections of the standard library that another thread can end, also in a blocked read."""

from __future__ import annotations

import socket
from contextlib import suppress
from http.client import HTTPConnection


class AbortableConnection(HTTPConnection):
    """A connection over TCP; `timeout` in seconds, for each read and write."""

    _shut = False

    def connect(self) -> None:
        self._open()
        if self._shut:
            self.shut()

    def _open(self) -> None:
        super().connect()

    def shut(self) -> None:
        """End every read and write, now and later, with an error. Safe from another thread."""
        self._shut = True
        with suppress(OSError, AttributeError):  # not connected yet, or closed already
            self.sock.shutdown(socket.SHUT_RDWR)


class UnixConnection(AbortableConnection):
    """A connection over the Unix socket at `path`."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def _open(self) -> None:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(self.timeout)
            opened.connect(self.path)
        except OSError:
            opened.close()
            raise
        self.sock = opened
