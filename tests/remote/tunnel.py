"""A proxy in TLS that connects whoever asks with one server, whatever the name that is asked for."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_PIECE = 1 << 16


class Tunnel:
    """`to`: the port of the server on this host. `asked` has the name in every request to the proxy."""

    def __init__(self, certificate: tuple[Path, Path], to: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._to = to
        self._stopping, self._stop = socket.socketpair()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"https://{self.host}"
        self.asked: list[str] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.close()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        self._stopping.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(plain,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError), self._context.wrap_socket(plain, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(_PIECE)
                if not piece:
                    return
                head += piece
            self.asked.append(head.split(maxsplit=2)[1].decode())
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                self._relay(client, server)

    def _relay(self, client: ssl.SSLSocket, server: socket.socket) -> None:
        """Until one of the two, or the test, ends."""
        while True:
            waiting, *_ = select.select([client, server, self._stopping], [], [])
            if self._stopping in waiting:
                return
            for source, target in ((client, server), (server, client)):
                if source not in waiting:
                    continue
                piece = source.recv(_PIECE)
                while isinstance(source, ssl.SSLSocket) and source.pending():
                    piece += source.recv(source.pending())
                if not piece:
                    return
                target.sendall(piece)
