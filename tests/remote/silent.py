"""A server below HTTP: it stops in the middle at a gate, or says something else entirely."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from tests.fakes.message import Gate
from tests.remote.crowd import Crowd


class Silent:
    """Reads a request and stands at `gate`: before the answer, or after `hold_at` bytes of `body`; or sends `raw`."""

    def __init__(self, gate: Gate, body: bytes | None = None, hold_at: int = 0, raw: bytes = b"") -> None:
        self._gate = gate
        self._body = body
        self._hold_at = hold_at
        self._raw = raw
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.open()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.recv(65536)
        if self._raw:
            connection.sendall(self._raw)
            return
        if self._body is not None:
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self._body)
            connection.sendall(head + self._body[: self._hold_at])
        self._gate.pass_through()


class Trickling(Crowd):
    """Says `head` to everybody, and then one more letter of a header every hundredth of a second, without an end."""

    def __init__(self, head: bytes = b"HTTP/1.1 200 OK\r\nX-Long: ") -> None:
        super().__init__()
        self._head = head
        self._stopping = threading.Event()
        self.url = f"http://{self.host}"
        self.reached = threading.Semaphore(0)
        self.left = threading.Semaphore(0)

    def _end(self) -> None:
        self._stopping.set()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.recv(65536)
            connection.sendall(self._head)
            self.reached.release()
            while not self._stopping.wait(0.01):
                connection.sendall(b"x")
        finally:
            self.left.release()
