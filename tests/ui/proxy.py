"""The smallest reverse proxy there is: shows a service under a path prefix, as nginx in front of a NAS does."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "keep-alive"}


class PrefixProxy:
    """`http://127.0.0.1:<port><prefix>/…` is `<target>/…`; all else is 404. Streams are passed on as they come."""

    def __init__(self, target: str, prefix: str) -> None:
        place = urlsplit(target)
        strays: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                if not self.path.startswith(f"{prefix}/"):
                    strays.append(self.path)
                    self.send_error(404)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                link = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
                try:
                    headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP}
                    link.request(self.command, self.path.removeprefix(prefix), body, headers)
                    answer = link.getresponse()
                    self.send_response(answer.status)
                    for key, value in answer.getheaders():
                        if key.lower() not in _HOP:
                            self.send_header(key, value)
                    self.send_header("Connection", "close")
                    self.end_headers()
                    while chunk := answer.read1(65536):
                        self.wfile.write(chunk)
                        self.wfile.flush()
                except OSError:
                    pass  # one of the two has gone
                finally:
                    self.close_connection = True
                    link.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.strays = strays
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
