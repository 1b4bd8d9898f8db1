"""A service manager's end of the socket: a real datagram socket, and what came over it."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self


class Manager:
    """`address` is what `NOTIFY_SOCKET` holds: a path, or `@name` for an abstract socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._link.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.messages: list[list[str]] = []

    def next(self, seconds: float = 60) -> list[str]:
        """The lines of the next message; raises `TimeoutError` where none comes."""
        self._link.settimeout(seconds)
        self.messages.append(self._link.recv(4096).decode().split("\n"))
        return self.messages[-1]

    def wait_for(self, line: str) -> list[str]:
        while line not in self.next():
            pass
        return self.messages[-1]

    @property
    def is_silent(self) -> bool:
        """Whether nothing waits to be read."""
        self._link.setblocking(False)
        try:
            self._link.recv(4096)
        except BlockingIOError:
            return True
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._link.close()
