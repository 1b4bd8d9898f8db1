"""Requests to an ASGI application in this process, with what our server would hand it, and without a socket.

The application runs in an event loop of its own; whoever asks is blocked in their own thread, as a client would be.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from http.client import HTTPMessage, IncompleteRead
from typing import Self
from urllib.parse import unquote

import httptools
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message, Scope

HOST = "127.0.0.1:8090"
_PIECE = 64 << 10  # of a body that is sent, and the most that waits for a client who does not read
_PATIENCE = 60.0
_NO_BODY = (204, 304)


class Exchange:
    """One request and its answer. `read` and `readline` block as those of `http.client.HTTPResponse` do; `leave` is a
    client that closes its connection."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop, scope: Scope, body: bytes) -> None:
        self._app = app
        self._loop = loop
        self._moved = asyncio.Event()
        self._scope = scope
        self._unsent = body
        self._sent = False
        self._changed = threading.Condition()  # guards what follows, which both threads use
        self._unread = bytearray()
        self._status: int | None = None
        self._promised: int | None = None
        self._complete = False
        self._ended = False
        self._left = False
        self._error: BaseException | None = None
        self._headers = HTTPMessage()

    # In the event loop

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    async def _receive(self) -> Message:
        if not self._sent and not self._left:
            piece, self._unsent = self._unsent[:_PIECE], self._unsent[_PIECE:]
            self._sent = not self._unsent
            return {"type": "http.request", "body": piece, "more_body": not self._sent}
        while not self._left and not self._complete:
            await self._move()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        while len(self._unread) > _PIECE and not self._left:
            await self._move()
        if self._left:
            return
        with self._changed:
            if message["type"] == "http.response.start":
                self._begin(message)
            else:
                self._go_on(message)
            self._changed.notify_all()
        self._moved.set()

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    def _begin(self, message: Message) -> None:
        assert self._status is None, "an answer has one head"
        for name, value in message.get("headers", ()):
            self._headers[name.decode("latin-1")] = value.decode("latin-1")
        length = self._headers.get("content-length")
        self._promised = None if length is None else int(length)
        self._status = message["status"]

    def _go_on(self, message: Message) -> None:
        assert self._status is not None, "the head comes first"
        assert not self._complete, "nothing comes after the end"
        if self._scope["method"] != "HEAD" and self._status not in _NO_BODY:
            body = message.get("body", b"")
            self._unread += body
            if self._promised is not None:
                self._promised -= len(body)
                assert self._promised >= 0, "the body is longer than its Content-Length"
            self._complete = not message.get("more_body", False)
            assert not self._complete or not self._promised, "the body is shorter than its Content-Length"
        else:
            self._complete = not message.get("more_body", False)

    # In the client's thread

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def status(self) -> int:
        with self._changed:
            self._wait(lambda: self._status is not None)
            if self._status is None:
                raise AssertionError("the application gave no answer") from self._error
            return self._status

    @property
    def headers(self) -> HTTPMessage:
        assert self.status
        return self._headers

    def read(self) -> bytes:
        """The rest of the body. Raises `IncompleteRead` when it breaks off."""
        content = bytearray()
        while piece := self._take(lambda unread: len(unread)):
            content += piece
        if not self._complete:
            raise IncompleteRead(bytes(content))
        return bytes(content)

    def readline(self) -> bytes:
        """With its end; the last one, and nothing after it, without."""
        return self._take(lambda unread: unread.find(b"\n") + 1)

    def leave(self) -> None:
        with self._changed:
            self._left = True
            ended = self._ended
        if not ended:
            self._wake()

    def _take(self, size: Callable[[bytearray], int]) -> bytes:
        """Wait until `size` finds something, or until there is no more."""
        with self._changed:
            self._wait(lambda: size(self._unread) > 0 or self._complete)
            taken = bytes(self._unread[: size(self._unread) or len(self._unread)])
            del self._unread[: len(taken)]
            ended = self._ended
        if not ended:
            self._wake()
        return taken

    def _wait(self, until: Callable[[], bool]) -> None:
        """Or for the end of the application's call."""
        if not self._changed.wait_for(lambda: until() or self._ended, _PATIENCE):
            raise TimeoutError("no answer")

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._moved.set)


class InProcess:
    """`ask` begins a request and waits for nothing."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._app = app
        self._portal = portal
        self._loop = portal.call(_loop)
        self._under_way: dict[Future[None], Exchange] = {}

    def ask(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes | None = None) -> Exchange:
        url = httptools.parse_url(target.encode("ascii"))
        sent = [("Host", HOST)] if all(name.lower() != "host" for name, _ in headers) else []
        sent += [("Accept-Encoding", "identity"), *headers]
        if body is not None:
            sent.append(("Content-Length", str(len(body))))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8090),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": method,
            "path": unquote(url.path.decode("ascii")),
            "raw_path": url.path,
            "query_string": url.query or b"",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent],
            "state": {},
        }
        exchange = Exchange(self._app, self._loop, scope, body or b"")
        begun = self._portal.start_task_soon(exchange.run)
        self._under_way[begun] = exchange
        begun.add_done_callback(lambda done: self._under_way.pop(done, None))
        return exchange

    def end(self) -> None:
        """All clients leave; what goes on for longer than a second is cancelled, as our server does it."""
        under_way = dict(self._under_way)
        for exchange in under_way.values():
            exchange.leave()
        for late in wait(under_way, 1).not_done:
            late.cancel()


async def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@contextmanager
def in_process(app: ASGIApp) -> Iterator[InProcess]:
    with start_blocking_portal() as portal:
        running = InProcess(app, portal)
        try:
            yield running
        finally:
            running.end()
