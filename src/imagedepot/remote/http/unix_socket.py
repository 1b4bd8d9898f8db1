"""HTTP over a Unix socket, in the standard library's own terms."""

from __future__ import annotations

import socket
from contextlib import suppress
from http.client import HTTPConnection


class UnixConnection(HTTPConnection):
    """`http.client` over the socket at `path`; `timeout` in seconds, for each read and write."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path
        self._shut = False

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
        if self._shut:
            self.shut()

    def shut(self) -> None:
        """From another thread: whoever is blocked in it gets an error, and so does everybody later."""
        self._shut = True
        with suppress(OSError, AttributeError):  # not connected yet, or closed already
            self.sock.shutdown(socket.SHUT_RDWR)
