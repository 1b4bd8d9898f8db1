"""A threaded HTTP/1.1 server on loopback which sends each answer exactly as its `Wire` says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.fakes.log import Exchange, RequestLog
from tests.fakes.message import Answer, Framing, Gate, Request

_PIECE = 256 * 1024
_RST_ON_CLOSE = struct.pack("ii", 1, 0)


class _Cut(Exception):
    """The connection ends here, on purpose."""


class Server:
    """Base of all fakes: answers with `respond`, logs to `requests`, is a context manager with a `url`."""

    def __init__(self, port: int = 0) -> None:
        self.requests = RequestLog()
        self.stopping = threading.Event()
        self._gates: set[Gate] = set()
        self._http = _HttpServer(("127.0.0.1", port), self)
        self._thread: threading.Thread | None = None

    def respond(self, request: Request) -> Answer:
        """What to answer; called in the connection's own thread."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def host(self) -> str:
        """host:port, as in a reference."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{self.host}"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name=type(self).__name__)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Open every gate, cut every connection, free the port."""
        self.stopping.set()
        for gate in list(self._gates):
            gate.open()
        if self._thread:
            self._http.shutdown()
            self._thread.join()
        self._http.cut_all()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stand_at(self, gate: Gate) -> None:
        """Stand at the gate; stopping the server opens it."""
        self._gates.add(gate)
        if not self.stopping.is_set():
            gate.pass_through()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], fake: Server) -> None:
        self.fake = fake
        self._sockets: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._sockets.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; anything else is a fault of the fake, so show it."""
        if not self.fake.stopping.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the standard library's name
        pass

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, _Cut):
            super().handle()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        headers = tuple(self.headers.items())
        host = self.headers.get("Host") or self.server.fake.host
        request = Request(self.command, path, query, headers, self._read_body(), host)
        exchange = self.server.fake.requests.begin(request)
        try:
            answer = self.server.fake.respond(request)
            try:
                self._send(answer, exchange)
            finally:
                answer.done()
        finally:
            self.server.fake.requests.update(exchange, ended=True)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = _serve

    def _read_body(self) -> bytes:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return b"".join(self._read_chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, answer: Answer, exchange: Exchange) -> None:
        fake, wire = self.server.fake, answer.wire
        for hold in wire.holds:
            if hold.at is None:
                fake.stand_at(hold.gate)
        if wire.no_answer or fake.stopping.is_set():
            self._cut(wire.reset)
        framing = Framing.CHUNKED if answer.length is None and wire.framing is Framing.LENGTH else wire.framing
        self._send_head(answer, framing)
        fake.requests.update(exchange, status=answer.status)
        if self.command == "HEAD":
            return
        if wire.bytes_per_second:  # what is counted as sent is soon with who asked, not in a buffer of ours
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
        for piece in self._pieces(answer):
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if framing is Framing.CHUNKED else piece
            self.wfile.write(framed)
            fake.requests.update(exchange, sent=len(piece))
        if framing is Framing.CHUNKED:
            self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, answer: Answer, framing: Framing) -> None:
        self.send_response_only(answer.status)
        for key, value in answer.headers:
            # Raw bytes, because a hostile server is not bound to what `send_header` finds acceptable.
            self._headers_buffer.append(f"{key}: {value}\r\n".encode("latin-1", "replace"))  # type: ignore[attr-defined]
        if framing is Framing.CHUNKED and self.command != "HEAD":
            self.send_header("Transfer-Encoding", "chunked")
        elif framing is Framing.LENGTH and answer.length is not None:
            self.send_header("Content-Length", str(answer.length))
        if framing is Framing.CLOSE:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def _pieces(self, answer: Answer) -> Iterator[bytes]:
        """The body, cut where something is to happen, at the speed that is asked for."""
        fake, wire, position = self.server.fake, answer.wire, 0
        holds = sorted(((h.at, h.gate) for h in wire.holds if h.at is not None), key=lambda hold: hold[0])
        rate = wire.bytes_per_second
        largest = max(1, min(_PIECE, int(rate / 20))) if rate else _PIECE
        for chunk in answer.chunks:
            rest = memoryview(chunk)
            while rest:
                while holds and holds[0][0] <= position:
                    fake.stand_at(holds.pop(0)[1])
                stops = [s - position for s in (*(at for at, _ in holds[:1]), wire.cut_after) if s is not None]
                if (wire.cut_after is not None and position >= wire.cut_after) or fake.stopping.is_set():
                    self._cut(wire.reset)
                size = min(len(rest), largest, *stops) if stops else min(len(rest), largest)
                yield bytes(rest[:size])
                rest, position = rest[size:], position + size
                if rate:
                    fake.stopping.wait(size / rate)
        if wire.cut_after is not None and position >= wire.cut_after and answer.length != position:
            self._cut(wire.reset)

    def _cut(self, reset: bool) -> None:
        if reset:
            # Closed here, because the server would first shut it down, and a FIN before the RST looks like an end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
            self.connection.close()
        self.close_connection = True
        raise _Cut
