"""A Docker Engine that answers every question and breaks off each load in the middle."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ANSWERS: dict[str, Any] = {
    "version": {"ApiVersion": "1.41", "Version": "20.10.24", "Components": []},
    "info": {"DriverStatus": []},
    "json": [],
}


class BreakingEngine:
    """`with BreakingEngine(folder) as engine:`; `loads` counts the loads that it broke off."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "docker.sock"
        self.address = f"unix://{socket}"
        self.loads = 0
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                name = self.path.partition("?")[0].rpartition("/")[2]
                content = json.dumps(_ANSWERS.get(name, {})).encode()
                self.send_response(200 if name in _ANSWERS else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                engine.loads += 1
                self.rfile.read(1000)
                self.close_connection = True

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Quiet; a Unix socket has no address to log either."""

        self._server = socketserver.ThreadingUnixStreamServer(str(socket), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
