"""Connections to servers that speak no HTTP (mail, MQTT), under the same rules of addresses and with an end in time."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ConnectionBroken, DepotError, InvalidInput, TimedOut, UpstreamError
from imagedepot.remote.http.address import OWNER, Address, Reach, Zone
from imagedepot.remote.http.connection import Call, dial
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.http.watchdog import Watchdog

_CONNECT_SECONDS = 10.0
_NEAR: Reach = frozenset({Zone.LOOPBACK, Zone.PRIVATE})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_watchdog = Watchdog()


@dataclass(frozen=True, slots=True)
class Server:
    """`scheme://host[:port]`."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, ports: Mapping[str, int]) -> Self:
        """Parse an address; `ports`: the default port of each scheme. Raises `InvalidInput`."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InvalidInput("address: not an address of a server") from error
        if parts.scheme not in ports or not _HOST.fullmatch(host):
            raise InvalidInput(f"address: not {' or '.join(f'{scheme}://HOST' for scheme in ports)}")
        if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
            raise InvalidInput("address: only a host and a port; the login goes into username and secret")
        return cls(parts.scheme, host, port or ports[parts.scheme])

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Line:
    """One connection to `server`. `encrypted`: it will be, from the beginning or by STARTTLS.

    What is never encrypted reaches this host and private networks alone, unless a setting lists the server as insecure.
    """

    def __init__(self, transport: Transport, server: Server, encrypted: bool) -> None:
        self._transport = transport
        self._server = server
        self._address = Address("https" if encrypted else "http", server.host.lower(), server.port)
        self._encrypted = encrypted
        self._call = Call("")

    def connected(self) -> socket.socket:
        """Raises `AddressNotAllowed`, `NetworkLost`, `Unavailable`, `TimedOut`."""
        rules = self._transport.rules
        near = not self._encrypted and not rules.trusts(self._address)
        reach = _NEAR if near else rules.reach(self._address, OWNER)
        return dial(self._server.host, self._server.port, _CONNECT_SECONDS, reach, self._call)[0]

    def wrapped(self, carrier: socket.socket) -> ssl.SSLSocket:
        """TLS over `carrier`, with the host's name checked."""
        context = self._transport.tls_context(self._address)
        secured = context.wrap_socket(carrier, server_hostname=self._server.host, do_handshake_on_connect=False)
        self._call.carried_by(secured)
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    @contextmanager
    def limited(self, cancellation: Cancellation) -> Iterator[None]:
        """While inside, the line ends at the deadline and when cancelled; errors come out as ours."""
        try:
            with (
                cancellation.on_cancel(self._call.abort),
                _watchdog.at(cancellation.deadline, self._call.expire),
            ):
                yield
        except DepotError:
            cancellation.check()
            if self._call.expired:
                raise TimedOut(f"{self._server} does not answer in time") from None
            raise
        except OSError as error:  # that of TLS too
            cancellation.check()
            raise self._failure(error) from error

    @property
    def expired(self) -> bool:
        return self._call.expired

    def _failure(self, error: OSError) -> DepotError:
        if self._call.expired or isinstance(error, TimeoutError):
            return TimedOut(f"{self._server} does not answer in time")
        if isinstance(error, ssl.SSLCertVerificationError):
            return UpstreamError(
                f"The certificate of {self._server} is not trusted ({error.verify_message}): "
                "name its authority in IMAGEDEPOT_CA_BUNDLE or the host in IMAGEDEPOT_INSECURE_REGISTRIES"
            )
        if isinstance(error, ssl.SSLError):
            return UpstreamError(f"No secure connection to {self._server} ({error.reason or type(error).__name__})")
        return ConnectionBroken(f"The connection to {self._server} broke")
