"""Bodies that pass the event loop by: a thread sends the file that the application names, or reads what a client sends.

To the application these are two extensions of ASGI, offered on plain TCP connections: `http.response.zerocopysend`, and
`imagedepot.body`, a function that takes the sink of a request's body. Over TLS the bytes have to pass through this
process's own hands anyway.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Protocol, TypeAlias, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from imagedepot.registry.pull.blob_body import ZERO_COPY_SEND
from imagedepot.registry.push.receiving import BODY
from imagedepot.server.lanes import Lanes, Running
from imagedepot.server.transfers import BodyReading, FileSending, is_gone

Sink: TypeAlias = Callable[[bytes], object]


class BodyLanes:
    """The lanes of a server: a disk that is slow to write does not hold up what is only read."""

    def __init__(self) -> None:
        self.sending = Lanes("sending")
        self.receiving = Lanes("receiving")

    @property
    def is_alive(self) -> bool:
        return self.sending.is_alive and self.receiving.is_alive

    def close(self) -> None:
        self.sending.close()
        self.receiving.close()


class BodyParser(Protocol):
    """The part of a connection that finds the end of a body."""

    def begin_body(self, cycle: RequestResponseCycle) -> int | None:
        """From now on what belongs to the body of `cycle` is handed back by `parse_body`; bytes that are left to read,
        or None where that is unknown."""

    def parse_body(self, data: memoryview) -> list[bytes]:
        """Called in a thread. Raises what `refuse_body` answers."""

    def has_body_ended(self) -> bool: ...

    def end_body(self) -> None:
        """Let the event loop read from the connection again."""

    def refuse_body(self, error: Exception) -> bool:
        """Answer to an error of `parse_body`; False if the error is another one."""


class DirectBodies:
    """The bodies of one connection, of which at most one is under way at any moment."""

    def __init__(self, transport: asyncio.Transport, flow: FlowControl, lanes: BodyLanes, parser: BodyParser) -> None:
        self._transport = transport
        self._flow = flow
        self._lanes = lanes
        self._parser = parser
        self._running: Running | None = None
        self._mark: tuple[float, int] | None = None  # when, and how far the client had come
        link = transport.get_extra_info("socket")
        self._is_plain = (
            link is not None
            and link.family in (socket.AF_INET, socket.AF_INET6)
            and transport.get_extra_info("sslcontext") is None
        )

    def offer(self, cycle: RequestResponseCycle) -> None:
        """Tell the application what it may use for this request."""
        if self._is_plain:
            extensions = {ZERO_COPY_SEND: {}, BODY: partial(self._receive_body, cycle)}
            cast(dict[str, Any], cycle.scope)["extensions"] = extensions

    def send_of(self, cycle: RequestResponseCycle) -> Callable[[Any], Awaitable[None]]:
        """The `send` of ASGI for one request, with what this offers."""

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == ZERO_COPY_SEND:
                await self._send_file(cycle, message)
            else:
                await cycle.send(message)  # type: ignore[arg-type]

        return send

    def stop(self) -> None:
        """Stop the body that is under way, because the connection is lost."""
        if self._running is not None:
            self._running.stop()

    def is_stuck(self, now: float, window: float, rate: int) -> bool:
        """Whether the client has read or sent less than `rate` bytes a second for `window` seconds."""
        progress = None if self._running is None else self._running.progress()
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
        self._running = self._lanes.sending.start(FileSending(link, file, offset, count))
        try:
            return await self._running.wait()
        except OSError as error:
            if not is_gone(error):
                raise
            self._transport.abort()
            return False
        finally:
            self._running = None

    async def _receive_body(self, cycle: RequestResponseCycle, sink: Sink) -> bool:
        """Hand the body to `sink`, in a thread, piece by piece; whether all of it came. If not, the client has gone.

        Raises what `sink` raises.
        """
        if cycle.waiting_for_100_continue and not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        if cycle.disconnected or cycle.response_complete or self._transport.is_closing():
            return False
        if not cycle.more_body and not cycle.body:
            return True
        link = os.dup(self._transport.get_extra_info("socket").fileno())  # first: what fails here leaves all as it was
        self._flow.pause_reading()
        pieces = [bytes(cycle.body)] if cycle.body else []
        cycle.body = bytearray()
        left = self._parser.begin_body(cycle) if cycle.more_body else 0
        ended = self._parser.has_body_ended if cycle.more_body else _always
        self._mark = None
        reading = BodyReading(link, pieces, left, self._parser.parse_body, ended, sink)
        try:
            self._running = self._lanes.receiving.start(reading)
            return await self._running.wait()
        except Exception as error:
            if is_gone(error):
                self._transport.abort()
            elif not self._parser.refuse_body(error):
                raise
            return False
        finally:
            self._running = None
            self._parser.end_body()
            self._flow.resume_reading()

    async def _written(self) -> None:
        """Wait until the transport holds nothing back, so that what a thread sends comes after it."""
        self._transport.set_write_buffer_limits(high=0)
        try:
            await self._flow.drain()
        finally:
            self._transport.set_write_buffer_limits()


def _always() -> bool:
    return True
