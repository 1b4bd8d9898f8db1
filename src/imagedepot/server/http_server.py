"""One listening server in the event loop: uvicorn's, with our protocol, its limits and its caps."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from ssl import SSLContext
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.api.http.caller import PEER
from imagedepot.server.connections import Connections
from imagedepot.server.direct import BodyLanes
from imagedepot.server.http_protocol import HttpProtocol, RequestLimits
from imagedepot.server.tls.listener import TlsListener

_TICKS_A_SECOND = 10  # of `on_tick`
_CHECKS_AT_ONCE = 100


class HttpServer(uvicorn.Server):
    """One uvicorn server. Several share one process, so they leave signals to it.

    `trusts_proxy`: whether what a proxy on this machine, or at one of the addresses or networks of `proxies`, writes
    about its client is believed. `headers` are sent with every answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        connections: Connections,
        *,
        limits: RequestLimits | None = None,
        tls: SSLContext | None = None,
        trusts_proxy: bool = False,
        proxies: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.lanes = BodyLanes()
        self.listens = asyncio.Event()
        protocol: Any = partial(HttpProtocol, book=connections, limits=limits or RequestLimits(), lanes=self.lanes)
        config = uvicorn.Config(
            cast(Any, app),
            http=protocol,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=trusts_proxy,
            forwarded_allow_ips=["127.0.0.1", "::1", *proxies],
            headers=list((headers or {}).items()),
            timeout_graceful_shutdown=1,
        )
        config.load()
        config.loaded_app = _with_peer(config.loaded_app)
        super().__init__(config)
        self._connections = connections
        self._limits = limits or RequestLimits()
        self._tls = tls

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._tls is None:
            await super().startup(sockets)
            self.listens.set()
            return

        def protocol() -> asyncio.Protocol:
            return self.config.http_protocol_class(config=self.config, server_state=self.server_state, app_state={})  # type: ignore[call-arg]

        self.servers: Any = [
            TlsListener(each, protocol, self._tls, self._connections, self._limits.handshake) for each in sockets or ()
        ]
        self.started = True
        self.listens.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self.lanes.close()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_SECOND == 0:
            now = asyncio.get_running_loop().time()
            for number, connection in enumerate(self._connections, 1):
                connection.check(now)
                if number % _CHECKS_AT_ONCE == 0:
                    await asyncio.sleep(0)  # ten thousand at a stretch would be felt
        return await super().on_tick(counter)


def _with_peer(app: ASGIApp) -> ASGIApp:
    """Note who is connected before a proxy's word on its client takes that place."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        scope[PEER] = client[0] if client else ""
        await app(scope, receive, send)

    return noted
