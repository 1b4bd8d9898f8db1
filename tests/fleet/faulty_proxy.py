"""A proxy in front of object storage that answers 503, cuts connections or goes silent where a test says so."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
_NOT_FORWARDED = {"connection", "expect", "transfer-encoding", "keep-alive"}
_PIECE = 64 << 10


class Fault(Enum):
    SLOW_DOWN = "answer 503 SlowDown"
    CUT_BEFORE = "reset the connection before the store sees the request"
    CUT_AFTER = "reset it once the store has done its work, without its answer"
    CUT_WITHIN = "reset it in the middle of the answer's body"
    SILENCE = "never answer"


@dataclass
class _Rule:
    method: str
    path: str
    fault: Fault
    times: int


@dataclass
class FaultyProxy:
    """Forwards to `target`, with faults by method and a part of the path, so many times each."""

    target: str
    seen: list[str] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        proxy = self

        class Handler(_Handler):
            faulty = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> FaultyProxy:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def fail(self, fault: Fault, method: str = "", path: str = "", times: int = 1_000_000) -> None:
        with self._lock:
            self._rules.append(_Rule(method, path, fault, times))

    def heal(self) -> None:
        with self._lock:
            self._rules.clear()

    def fault_of(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.seen.append(f"{method} {path}")
            for rule in self._rules:
                if rule.times and rule.method in ("", method) and rule.path in path:
                    rule.times -= 1
                    return rule.fault
        return None

    def be_silent(self) -> None:
        self.silent.set()
        self._over.wait(120)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faulty: FaultyProxy

    def _handle(self) -> None:
        fault = self.faulty.fault_of(self.command, self.path)
        if fault is Fault.CUT_BEFORE:
            return self._cut()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault is Fault.SLOW_DOWN:
            return self._answer(503, [("Content-Type", "application/xml")], lambda: _SLOW_DOWN, len(_SLOW_DOWN))
        if fault is Fault.SILENCE:
            self.faulty.be_silent()
            return self._cut()
        upstream = urlsplit(self.faulty.target)
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _NOT_FORWARDED:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            if fault is Fault.CUT_AFTER:
                answer.read()
                return self._cut()
            length = int(answer.headers.get("Content-Length") or 0)
            dropped = {*_NOT_FORWARDED, "content-length"}
            headers = [each for each in answer.getheaders() if each[0].lower() not in dropped]
            self._answer(answer.status, headers, lambda: answer.read(_PIECE), length, fault is Fault.CUT_WITHIN)
        finally:
            connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle

    def _answer(
        self,
        status: int,
        headers: list[tuple[str, str]],
        read: Callable[[], bytes],
        length: int,
        is_cut: bool = False,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        left = 0 if self.command == "HEAD" else length
        while left and (piece := read()):
            if is_cut:
                self.wfile.write(piece[: len(piece) // 2])
                self._cut()
                return
            self.wfile.write(piece)
            left -= len(piece)

    def _cut(self) -> None:
        """With a reset, and not with an end that could be taken for a whole answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # the connection that was cut, or a client that left

    def log_request(self, code: object = "-", size: object = "-") -> None:
        return
