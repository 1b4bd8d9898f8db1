"""A TCP link that forwards, goes silent, or resets what is connected, where a test says so."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)


class FaultyLink:
    """From a port of loopback to `target`. While `silent`, bytes are neither sent nor taken; while `down`, none
    connects."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._over = False
        self.down = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> FaultyLink:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over = True
        self._open.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(10)
        self._server.close()
        self.reset()

    def be_silent(self, silent: bool = True) -> None:
        if silent:
            self._open.clear()
        else:
            self._open.set()

    def reset(self) -> None:
        """Cut every connection that there is."""
        for pair in list(self._pairs):
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    end.shutdown(socket.SHUT_RDWR)
                    end.close()
        self._pairs.clear()

    def _accept(self) -> None:
        while not self._over:
            client, _ = self._server.accept()
            if self.down or self._over:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.close()
                continue
            pair = client, socket.create_connection(("127.0.0.1", self._target), 10)
            self._pairs.append(pair)
            threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                self._open.wait()
                for end in ready:
                    piece = end.recv(1 << 16)
                    if not piece:
                        raise OSError
                    (server if end is client else client).sendall(piece)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.close()
