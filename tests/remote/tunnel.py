"""A proxy in TLS that connects whoever asks with one server, whatever the name that is asked for."""

from __future__ import annotations

import select
import socket
import ssl
from pathlib import Path
from types import TracebackType

from tests.remote.crowd import Crowd

_PIECE = 1 << 16


class Tunnel(Crowd):
    """`to`: the port of the server on this host. `asked` has the name in every request to the proxy."""

    def __init__(self, certificate: tuple[Path, Path], to: int) -> None:
        super().__init__()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._to = to
        self._stopping, self._stop = socket.socketpair()
        self.url = f"https://{self.host}"
        self.asked: list[str] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._stopping.close()

    def _end(self) -> None:
        self._stop.close()

    def _serve(self, connection: socket.socket) -> None:
        with self._context.wrap_socket(connection, server_side=True) as client:
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
