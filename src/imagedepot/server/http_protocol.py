"""HTTP/1.1 on one connection: uvicorn's protocol on httptools, with limits on what a client may send and how slowly.

uvicorn itself limits neither the size of a head nor the time that a request may take, takes the trailers of a chunked
body for headers, and answers in plain text. The test of this module names the attributes of uvicorn that it relies on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from imagedepot.api.http.answers import HEADERS, encoded
from imagedepot.api.http.errors import reason_of
from imagedepot.server.connections import Connections, Stage
from imagedepot.server.direct import BodyLanes, DirectBodies
from imagedepot.wire.v1.base import Error

_MOST_PIPELINED = 32


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Sizes in bytes, times in seconds. `rate` (bytes a second) is the least for a body and for reading an answer.

    `window` is the time over which the rate is measured; `linger` is how long a refused client may go on sending
    before the connection is closed, because it would not see the answer otherwise.
    """

    head_bytes: int = 64 << 10
    headers: int = 100
    handshake: float = 10
    head: float = 15
    idle: float = 60
    window: float = 30
    rate: int = 1000
    linger: float = 2


class _Refused(Exception):
    """Raised in a callback of the parser: the request is not taken."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _BodyInThread:
    """The body that a thread reads, while the event loop does not touch the parser."""

    def __init__(self, parser: Any, cycle: RequestResponseCycle) -> None:
        self.parser = parser
        self.cycle = cycle
        self.pieces: list[bytes] = []
        self.has_ended = False
        self.is_last = False


class HttpProtocol(HttpToolsProtocol):
    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        book: Connections,
        limits: RequestLimits,
        lanes: BodyLanes,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._book = book
        self._limits = limits
        self._lanes = lanes
        self._direct: DirectBodies | None = None
        self._stage = Stage.IDLE
        self._since = self.loop.time()  # when the stage began, or the current window of its rate
        self._asked = False  # anything has come at all
        self._head_begun = False  # the first byte of a head has come
        self._in_body = False  # the head is complete, the body is not
        self._refused = False
        self._is_deaf = False  # the connection ends with the answer
        self._head_bytes = 0
        self._headers = 0
        self._received = 0  # bytes of the body in the current window
        self._unparsed = 0  # bytes since the parser last reported anything
        self._in_thread: _BodyInThread | None = None
        self._body_bytes = 0  # of the body, without those that a thread has read
        self._unread: tuple[float, int] | None = None  # when, and bytes that the client had yet to read

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._direct = DirectBodies(transport, self.flow, self._lanes, self)
        self._book.add(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._book.remove(self)
        self._bodies.stop()
        super().connection_lost(exc)

    def abort(self) -> None:
        self.transport.abort()

    @property
    def _bodies(self) -> DirectBodies:
        assert self._direct is not None, "a connection has been made"
        return self._direct

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._bodies.offer(cycle)

        async def run(scope: Any, receive: Any, _: Any) -> None:
            await app(scope, receive, self._bodies.send_of(cycle))

        super()._start_asgi_task(cycle, run)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._refused or self._is_deaf:
            return
        if self._stage is Stage.IDLE and not self._head_begun and not self._in_body:
            self._head_begun = True
            self._since = self.loop.time()
        self._asked = True
        self._unparsed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # no other protocol is spoken here, and the parser has stopped
        except httptools.HttpParserError as error:
            self.refuse_body(error)
            return
        if self._head_bytes + self._unparsed > self._limits.head_bytes:
            self._refuse(431, self._too_long)

    def resume_writing(self) -> None:
        self._unread = None
        super().resume_writing()

    # A body that a thread reads

    def begin_body(self, cycle: RequestResponseCycle) -> int | None:
        self._in_thread = _BodyInThread(self.parser, cycle)
        length = next((value for name, value in cycle.scope["headers"] if name == b"content-length"), None)
        return None if length is None else int(length) - self._body_bytes

    def parse_body(self, data: memoryview) -> list[bytes]:
        body = self._in_thread
        assert body is not None, "a body has been begun"
        body.pieces = []
        self._unparsed += len(data)
        try:
            body.parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not body.has_ended:
                raise error.__context__ if isinstance(error.__context__, _Refused) else error from None
            body.is_last = True  # of its connection, because the beginning of the next request is lost
        if self._head_bytes + self._unparsed > self._limits.head_bytes:
            raise _Refused(431, self._too_long)
        return body.pieces

    def has_body_ended(self) -> bool:
        return self._in_thread is not None and self._in_thread.has_ended

    def end_body(self) -> None:
        body, self._in_thread = self._in_thread, None
        if body is None or not body.has_ended or self.transport.is_closing():
            return
        if body.is_last:
            body.cycle.keep_alive = False
            self._is_deaf = True
        self.on_message_complete()

    def refuse_body(self, error: Exception) -> bool:
        if isinstance(error, httptools.HttpParserError) and isinstance(error.__context__, _Refused):
            error = error.__context__
        if isinstance(error, _Refused):
            self._refuse(error.status, error.message)
        elif isinstance(error, httptools.HttpParserError):
            self._refuse(400, f"Not an HTTP request: {str(error).partition(chr(10))[0][:100]}")
        else:
            return False
        return True

    # The parser's callbacks

    def on_message_begin(self) -> None:
        if self._in_thread is not None:
            raise _Refused(400, "A request follows a body of unknown length")
        self._head_bytes = self._headers = self._unparsed = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers += 1
        if self._headers > self._limits.headers:
            raise _Refused(431, f"A request has at most {self._limits.headers} headers")
        self._count(len(name) + len(value) + 4)
        if not self._in_body:  # what comes after a chunked body are trailers, and nothing here is asked of those
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise _Refused(429, "Too many requests at once on one connection")
        self._in_body = True
        self._head_begun = False
        self._unparsed = self._received = self._body_bytes = 0
        self._come_to(Stage.RECEIVING)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        if self._in_thread is not None:
            self._in_thread.pieces.append(body)
            return
        self._received += len(body)
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._in_thread is not None:
            self._in_thread.has_ended = True
            return
        self._in_body = False
        self._head_bytes = self._unparsed = 0
        if not self.cycle.response_complete:
            self._come_to(Stage.ANSWERING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unset_keepalive_if_required()  # `check` holds this limit too
        if self.cycle.response_complete:
            self._come_to(Stage.IDLE)
        else:  # of the next request on this connection, which may not be here as a whole
            self._come_to(Stage.RECEIVING if self._in_body else Stage.ANSWERING)

    # Limits

    def check(self, now: float) -> None:
        """Close when a time limit has passed; the server calls this every second."""
        limits = self._limits
        if self._refused:
            if now - self._since > limits.linger:
                self.abort()
        elif self._stage is Stage.IDLE:
            if not self._asked:  # as with most of a crowd
                if now - self._since > limits.idle:
                    self.transport.close()
                return
            if now - self._since > (limits.head if self._head_begun or self._in_body else limits.idle):
                self._end_idle()
        elif self._bodies.is_stuck(now, limits.window, limits.rate):
            if self._in_thread is None:
                self.abort()
            else:
                self._bodies.stop()
                self._refuse_slow()
            return
        elif self._stage is Stage.RECEIVING:
            self._check_body(now)
        self._check_reading(now)

    def _end_idle(self) -> None:
        if self._head_begun:
            self._refuse(408, f"The head of a request has to come within {self._limits.head:g} seconds")
        else:
            self.transport.close()

    def _check_body(self, now: float) -> None:
        if self.flow.read_paused:  # it is our turn
            self._since, self._received = now, 0
        elif now - self._since > self._limits.window:
            if self._received < self._limits.rate * self._limits.window:
                self._refuse_slow()
            self._since, self._received = now, 0

    def _check_reading(self, now: float) -> None:
        """Close the connection if the client is too slow to read its answer, while nothing more can be written."""
        waiting = self.flow.write_paused or self.transport.is_closing() or self._stage is Stage.IDLE
        left = self.transport.get_write_buffer_size() if waiting else 0
        if not left:
            self._unread = None
        elif self._unread is None:
            self._unread = (now, left)
        elif now - self._unread[0] > self._limits.window:
            if left > self._unread[1] - self._limits.rate * self._limits.window:
                self.abort()
            self._unread = (now, left)

    def _refuse_slow(self) -> None:
        self._refuse(408, f"The body of a request has to come at {self._limits.rate:,} bytes a second or more")

    def _come_to(self, stage: Stage) -> None:
        self._stage = stage
        self._since = self.loop.time()
        self._book.move(self, stage)

    def _count(self, size: int) -> None:
        self._unparsed = 0
        self._head_bytes += size
        if self._head_bytes > self._limits.head_bytes:
            raise _Refused(431, self._too_long)

    @property
    def _too_long(self) -> str:
        return f"The head of a request has at most {self._limits.head_bytes >> 10} KiB"

    def _refuse(self, status: int, message: str) -> None:
        """Answer with an error and close; without an answer where another one has been begun."""
        if self.transport.is_closing():
            return
        self._refused = True
        answered = self.cycle is None or self.cycle.response_complete
        begun = bool(self.pipeline) or (not answered and self.cycle.response_started) or (answered and self._in_body)
        if not answered:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.pipeline.clear()
        if begun or not self.transport.can_write_eof():
            if not begun:
                self.transport.write(self._error(status, message))
            self.transport.close()
            return
        self.transport.write(self._error(status, message))
        self.transport.write_eof()
        self.flow.resume_reading()
        self._come_to(Stage.IDLE)

    def _error(self, status: int, message: str) -> bytes:
        body = encoded(Error.of(status, reason_of(status), message))
        headers = {
            **HEADERS,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        lines += [b"%s: %s\r\n" % header for header in self.server_state.default_headers]
        return b"".join([STATUS_LINE[status], *lines, b"\r\n", body])
