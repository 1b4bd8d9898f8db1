"""The SDK's way to a Unix socket, mended: where nobody listens, theirs leaves the socket it tried open."""

from __future__ import annotations

import socket
from typing import Any

from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.unix_socket)
        except OSError:
            self.sock.close()
            raise


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:  # their stubs know no connection of theirs here
        return _Connection(self.base_url, self.socket_path, self.timeout)  # type: ignore[arg-type]


class SocketAdapter(UnixHTTPAdapter):
    """To be mounted in place of the SDK's own."""

    def get_connection(self, url: Any, proxies: Any = None) -> UnixHTTPConnectionPool:
        with self.pools.lock:
            if url not in self.pools:
                self.pools[url] = _Pool(url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
            pool: UnixHTTPConnectionPool = self.pools[url]
        return pool
