"""Connections that check the address they connect to, and that another thread can end.

urllib3 keeps the pool, TLS, proxies and the protocol; this module adds the address policy at the moment of
connecting, and access to the socket of a request under way.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any, ClassVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from imagedepot.errors import AddressNotAllowed
from imagedepot.remote.http import failures
from imagedepot.remote.http.address import Reach, Zone, zone_of


class Call:
    """One request under way: the socket that carries it, and where that leads.

    `target` is what the request line names, byte for byte.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.zone = Zone.PUBLIC
        self.reused = True
        self.aborted = False
        self.expired = False
        self._socket: socket.socket | None = None

    def carried_by(self, carrier: socket.socket | None) -> None:
        if carrier is None:
            return
        # In TLS through a proxy in TLS, urllib3 has a layer in place of a socket; what is under it ends both.
        self._socket = getattr(carrier, "socket", carrier)
        if self.aborted:
            self.abort()

    def abort(self) -> None:
        """End the request from any thread; a blocked read fails at once. Never raises."""
        self.aborted = True
        carrier = self._socket
        if carrier is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it removes the TLS layer while a thread still reads.
                socket.socket.shutdown(carrier, socket.SHUT_RDWR)

    def expire(self) -> None:
        """End the request because its time is over."""
        self.expired = True
        self.abort()


class _ThisThread(threading.local):
    """Tells the connection that urllib3 chooses which call it carries, through a thread-local."""

    call: Call | None = None


_this_thread = _ThisThread()


@contextlib.contextmanager
def carrying(call: Call) -> Any:
    """While inside, connections that this thread uses belong to `call`."""
    _this_thread.call = call
    try:
        yield
    finally:
        _this_thread.call = None


class _Guarded:
    """What both kinds of connection share; `reach` is None for a proxy, whose address the user chose."""

    reach: ClassVar[Reach | None] = None
    zone: Zone = Zone.PUBLIC

    _dns_host: str
    port: int
    timeout: Any
    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        call = _this_thread.call
        if call is not None:
            call.reused = False
        carrier, zone = dial(self._dns_host, self.port, self.timeout, self.reach, call)
        if self.reach is not None:
            self.zone = zone
        return carrier

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        call = _this_thread.call
        if call is not None:
            call.carried_by(self.sock)
            url = call.target
        super().request(method, url, *args, **kwargs)  # type: ignore[misc]
        if call is not None:
            call.carried_by(self.sock)
            call.zone = self.zone


class _GuardedHttp(_Guarded, HTTPConnection):
    pass


class _GuardedHttps(_Guarded, HTTPSConnection):
    pass


def pool_classes(reach: Reach | None) -> dict[str, type[HTTPConnectionPool]]:
    """The pool classes for urllib3's pool manager, for one reach."""
    http = type("Http", (_GuardedHttp,), {"reach": reach})
    https = type("Https", (_GuardedHttps,), {"reach": reach})
    return {
        "http": type("HttpPool", (HTTPConnectionPool,), {"ConnectionCls": http}),
        "https": type("HttpsPool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
    }


def dial(
    host: str, port: int, timeout: float | None, reach: Reach | None, call: Call | None
) -> tuple[socket.socket, Zone]:
    """Connect to the first address of `host` within `reach` that accepts; `timeout` in seconds, for each.

    Raises `AddressNotAllowed`, `NetworkLost`, `Unavailable`, `TimedOut`.
    """
    where = f"{host}:{port}" if reach is not None else f"The proxy {host}:{port}"
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise failures.resolving(host, error) from error
    zones = [(zone_of(str(entry[4][0])), entry) for entry in found]
    allowed = [(zone, entry) for zone, entry in zones if reach is None or zone in reach]
    if not allowed:
        raise AddressNotAllowed(f"{where} is at a {zones[0][0] if zones else 'missing'} address")
    failure: OSError = OSError("no address")
    for zone, (family, kind, protocol, _, address) in allowed:
        if call is not None and call.aborted:
            break
        carrier = socket.socket(family, kind, protocol)
        carrier.settimeout(timeout)
        carrier.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if call is not None:
            call.carried_by(carrier)
        try:
            carrier.connect(address)
        except OSError as error:
            carrier.close()
            failure = error
        else:
            return carrier, zone
    raise failures.connecting(where, failure) from failure
