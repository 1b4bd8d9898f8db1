"""The sockets to an engine: who opened them can also shut them, from another thread.

And the SDK's way to a Unix socket, mended: where nobody listens, theirs leaves the socket it tried open.
"""

from __future__ import annotations

import socket
import threading
import weakref
from contextlib import suppress
from typing import Any

from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool
from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class OpenSockets:
    """Those of one client. Once `shut`, whoever is blocked in one gets an error, and none can be used any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._shut = False

    def add(self, opened: socket.socket) -> None:
        with self._lock:
            self._open.add(opened)
            late = self._shut
        if late:
            _shut(opened)

    def shut(self) -> None:
        with self._lock:
            self._shut = True
            opened = list(self._open)
        for each in opened:
            _shut(each)

    def follow(self, session: Session) -> None:
        """Know every socket that the adapters over TCP open from now on; `SocketAdapter` is told at its making."""
        for adapter in session.adapters.values():
            if isinstance(adapter, HTTPAdapter) and hasattr(adapter, "poolmanager"):
                adapter.poolmanager.pool_classes_by_scheme = self._pools()

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        sockets = self

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}


class _Connection(UnixHTTPConnection):
    def __init__(self, sockets: OpenSockets, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._sockets = sockets

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.unix_socket)
        except OSError:
            self.sock.close()
            raise
        self._sockets.add(self.sock)


class _Pool(UnixHTTPConnectionPool):
    def __init__(self, sockets: OpenSockets, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sockets = sockets

    def _new_conn(self) -> Any:  # their stubs know no connection of theirs here
        return _Connection(self._sockets, self.base_url, self.socket_path, self.timeout)


class SocketAdapter(UnixHTTPAdapter):
    """To be mounted in place of the SDK's own."""

    def __init__(self, url: str, seconds: int, sockets: OpenSockets) -> None:
        super().__init__(url, seconds)
        self._sockets = sockets

    def get_connection(self, url: Any, proxies: Any = None) -> UnixHTTPConnectionPool:
        with self.pools.lock:
            if url not in self.pools:
                self.pools[url] = _Pool(self._sockets, url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
            pool: UnixHTTPConnectionPool = self.pools[url]
        return pool


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):  # closed already
        opened.shutdown(socket.SHUT_RDWR)
