"""A small application behind our own HTTP server on a loopback port, and clients that speak HTTP byte by byte."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import ssl
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio.to_thread
from starlette.types import Receive, Scope, Send

from imagedepot.errors import StorageFailure
from imagedepot.registry.pull.blob_body import ZERO_COPY_SEND
from imagedepot.registry.push.receiving import BODY
from imagedepot.server.connections import Connections
from imagedepot.server.http_protocol import RequestLimits
from imagedepot.server.http_server import HttpServer

LARGE = 8 << 20


class Served:
    """`POST` anything: the answer is JSON of what came. `GET /large`: 8 MiB. `GET /held`: nothing until `release`.

    `POST /poured`: the body goes past the event loop where that is offered; the answer is JSON of its size and hash.
    `POST /full`: as if the disk were full at the first piece. `/file/BEGIN-END/…`: these parts of `file` one after the
    other, past the event loop where that is offered.
    """

    def __init__(
        self,
        limits: RequestLimits | None = None,
        connections: Connections | None = None,
        tls: ssl.SSLContext | None = None,
        file: Path | None = None,
    ) -> None:
        self.file = file
        self.poured: list[int] = []  # how much of each body came
        self.connections = Connections(1000, 1000) if connections is None else connections
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self._listener.getsockname()[1]
        self.release = threading.Event()
        self.errors: list[str] = []  # what the event loop had to report, which should be nothing
        self._clients: list[Client] = []
        self.server = HttpServer(self._answer, self.connections, limits=limits, tls=tls)
        self._thread = threading.Thread(target=self.server.run, args=([self._listener],), daemon=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.errors.append(str(context)))
        if scope["path"] in ("/poured", "/full"):
            await self._pour(scope, send)
            return
        body = b""
        more = scope["path"] != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
        if scope["path"] == "/held":
            await anyio.to_thread.run_sync(self.release.wait)
        if self.file is not None and scope["path"].startswith("/file/"):
            await self._send_file(self.file, scope, send)
            return
        headers = [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]
        answer = json.dumps({"path": scope["path"], "headers": headers, "body": body.decode()}).encode()
        if scope["path"] == "/large":
            answer = bytes(LARGE)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", str(len(answer)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    async def _pour(self, scope: Scope, send: Send) -> None:
        digest, size, threads = hashlib.sha256(), 0, set()

        def sink(piece: bytes) -> None:
            nonlocal size
            if scope["path"] == "/full":
                raise StorageFailure("The disk is full")
            digest.update(piece)
            size += len(piece)
            threads.add(threading.current_thread().name.rstrip("0123456789"))

        status = 200
        try:
            is_whole = await scope["extensions"][BODY](sink)
        except StorageFailure:
            is_whole, status = True, 507
        self.poured.append(size)
        if is_whole:
            answer = json.dumps({"size": size, "sha256": digest.hexdigest(), "threads": list(threads)}).encode()
            headers = [(b"content-length", b"%d" % len(answer))]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": answer})

    async def _send_file(self, path: Path, scope: Scope, send: Send) -> None:
        parts = [tuple(map(int, part.split("-"))) for part in scope["path"].split("/")[2:]]
        size = sum(end - begin for begin, end in parts)
        is_offered = ZERO_COPY_SEND in scope.get("extensions", {})
        headers = [(b"content-length", b"%d" % size), (b"x-offered", b"yes" if is_offered else b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        with path.open("rb") as file:
            for number, (begin, end) in enumerate(parts, 1):
                more = {"more_body": number < len(parts)}
                if is_offered:
                    part = {"file": file.fileno(), "offset": begin, "count": end - begin}
                    await send({"type": ZERO_COPY_SEND, **part, **more})
                else:
                    body = os.pread(file.fileno(), end - begin, begin)
                    await send({"type": "http.response.body", "body": body, **more})

    def connect(self, timeout: float = 30) -> Client:
        client = Client(socket.create_connection(("127.0.0.1", self.port), timeout))
        self._clients.append(client)
        return client

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        while not self.server.started:
            assert self._thread.is_alive()
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release.set()
        self.server.should_exit = True
        self._thread.join(60)
        self._listener.close()
        for client in self._clients:
            client.link.close()


class Client:
    """One connection. What arrives is kept until it makes a whole answer."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self._came = b""

    def send(self, content: bytes) -> Self:
        self.link.sendall(content)
        return self

    def flood(self, content: bytes, times: int) -> int:
        """Send `content` over and over until the server closes; how often it took it."""
        for done in range(times):
            try:
                self.link.sendall(content)
            except (BrokenPipeError, ConnectionResetError):
                return done
        return times

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their name in lower case, body."""
        while b"\r\n\r\n" not in self._came:
            self._read()
        head, _, rest = self._came.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        while len(rest) < int(headers["content-length"]):
            rest += self._read()
        size = int(headers["content-length"])
        self._came = rest[size:]
        return int(first.split()[1]), headers, rest[:size]

    def json(self) -> Any:
        status, _, body = self.answer()
        assert status == 200, body
        return json.loads(body)

    def refusal(self) -> tuple[int, str]:
        """Status and sentence of an error in its one shape, after which the connection is closed."""
        status, headers, body = self.answer()
        assert headers["content-type"] == "application/json"
        assert headers["connection"] == "close"
        content = json.loads(body)
        assert set(content) == {"error"}
        assert content["error"]["code"] == status
        assert self.is_closed()
        return status, content["error"]["message"]

    def is_closed(self) -> bool:
        """Wait for the end of the stream; whether it came with nothing before it."""
        if self._came:
            return False
        try:
            return self.link.recv(1) == b""
        except ConnectionResetError:
            return True

    def _read(self) -> bytes:
        came = self.link.recv(1 << 16)
        if not came:
            raise ConnectionResetError("the server closed the connection before the answer was complete")
        self._came += came
        return came

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.link.close()
