"""Bodies that pass the event loop by: the application names a file, and a thread sends it.

To the application this is the ASGI extension `http.response.zerocopysend`, offered on plain TCP connections: over TLS
the bytes have to be encrypted here anyway.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from imagedepot.server.lanes import Lanes, Running
from imagedepot.server.transfers import FileSending, is_gone

ZERO_COPY_SEND = "http.response.zerocopysend"


class DirectBodies:
    """Those of one connection, of which at most one is under way at any moment."""

    def __init__(self, transport: asyncio.Transport, flow: FlowControl, lanes: Lanes) -> None:
        self._transport = transport
        self._flow = flow
        self._lanes = lanes
        self._sending: Running | None = None
        self._mark: tuple[float, int] | None = None  # when, and how far the client had come
        link = transport.get_extra_info("socket")
        self._is_plain = (
            link is not None
            and link.family in (socket.AF_INET, socket.AF_INET6)
            and transport.get_extra_info("sslcontext") is None
        )

    def offer(self, scope: MutableMapping[str, Any]) -> None:
        """Tell the application of `scope` what it may use."""
        if self._is_plain:
            scope["extensions"] = {ZERO_COPY_SEND: {}}

    def send_of(self, cycle: RequestResponseCycle) -> Callable[[Any], Awaitable[None]]:
        """The `send` of ASGI for one request, with what this offers."""

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == ZERO_COPY_SEND:
                await self._send_file(cycle, message)
            else:
                await cycle.send(message)  # type: ignore[arg-type]

        return send

    def stop(self) -> None:
        """The connection is lost."""
        if self._sending is not None:
            self._sending.stop()

    def is_stuck(self, now: float, window: float, rate: int) -> bool:
        """Whether the client has read less than `rate` bytes a second for `window` seconds."""
        progress = None if self._sending is None else self._sending.progress()
        if progress is None:
            self._mark = None
        elif self._mark is None:
            self._mark = (now, progress)
        elif now - self._mark[0] > window:
            before, self._mark = self._mark[1], (now, progress)
            return progress - before < rate * window
        return False

    async def _send_file(self, cycle: RequestResponseCycle, message: MutableMapping[str, Any]) -> None:
        offset, count = message["offset"], message["count"]
        if not self._is_plain or not cycle.response_started or cycle.response_complete or cycle.chunked_encoding:
            raise RuntimeError(f"{ZERO_COPY_SEND} is for a response that has begun, with a Content-Length")
        if cycle.scope["method"] != "HEAD":
            if count > cycle.expected_content_length:
                raise RuntimeError("Response content longer than Content-Length")
            cycle.expected_content_length -= count
            if count and not await self._moved(cycle, message["file"], offset, count):
                return
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    async def _moved(self, cycle: RequestResponseCycle, file: int, offset: int, count: int) -> bool:
        """Whether all was sent; if not, the client has gone."""
        await self._written()
        if cycle.disconnected or self._transport.is_closing():
            return False
        link = os.dup(self._transport.get_extra_info("socket").fileno())
        self._mark = None
        self._sending = self._lanes.start(FileSending(link, file, offset, count))
        try:
            return await self._sending.wait()
        except OSError as error:
            if not is_gone(error):
                raise
            self._transport.abort()
            return False
        finally:
            self._sending = None

    async def _written(self) -> None:
        """Wait until the transport holds nothing back, so that what a thread sends comes after it."""
        self._transport.set_write_buffer_limits(high=0)
        try:
            await self._flow.drain()
        finally:
            self._transport.set_write_buffer_limits()
