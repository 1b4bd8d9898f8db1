"""The real application over the real services, in this process and without a socket (`test_socket` has one)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from imagedepot.api.http import openapi
from imagedepot.api.v1.operations import operations
from imagedepot.app import build, metrics_of, parts_of
from imagedepot.config import load
from imagedepot.server.connections import Connections
from imagedepot.server.http_server import HttpServer
from imagedepot.wiring.depots import Builders
from imagedepot.wiring.services import Services, open_services
from imagedepot.wiring.upstreams import Upstreams, no_more
from tests.api.in_process import HOST, Exchange, in_process
from tests.api.shapes import document

BASE = "/api/v1"


@dataclass(frozen=True)
class Answered:
    """One answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def message(self) -> str:
        """The sentence of a failure, in its one shape."""
        error = self.json["error"]
        assert set(self.json) == {"error"}
        assert set(error) == {"code", "reason", "message"}
        assert error["code"] == self.status
        return str(error["message"])


class Face:
    """`with Face(folder, registry_url=…) as face:`; settings by their key. `cookie` is sent with each call."""

    def __init__(
        self, folder: Path, more_depots: Callable[[Upstreams], Builders] = no_more, /, **settings: str
    ) -> None:
        self._more_depots = more_depots
        self.folder = folder
        self.cookie = ""
        self.host = HOST
        self._settings = {"listen": self.host, "data_dir": str(folder), **settings}
        self._stack = ExitStack()
        self.services: Services

    def __enter__(self) -> Self:
        flags = {f"IMAGEDEPOT_{name.upper()}": value for name, value in self._settings.items()}
        settings = load(flags, environment={"HOME": str(self.folder)}, files=())
        self.services = self._stack.enter_context(open_services(settings, self._more_depots))
        # What the server would run, with what it puts around the application.
        app = HttpServer(
            build(self.services, metrics_of(self.services)), Connections(1, 1), trusts_proxy=True
        ).config.loaded_app
        self._app = self._stack.enter_context(in_process(app))
        self._stack.callback(self.services.feed.close)
        # Not asked for: in setup mode nobody gets it.
        promised = openapi.document(operations(parts_of(self.services)), "", "", self.services.upstreams.depots)
        self._document = document(json.dumps(promised).encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, base: str = BASE
    ) -> Answered:
        """`body` is JSON, or bytes as they are; `path` goes over the wire as it is written.

        The answer is one that the OpenAPI document promises, or the test fails.
        """
        with self.opened(method, path, body, headers, base) as response:
            content = response.read()
            headers = {key.lower(): ", ".join(response.headers.get_all(key, ())) for key in response.headers}
        answered = Answered(response.status, headers, content)
        if method != "HEAD":
            kind = answered.headers.get("content-type", "")
            assert not self._document.wrong(method, base + path, answered.status, kind, content)
        return answered

    def opened(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, base: str = BASE
    ) -> Exchange:
        """The answer while it is still being read. Nothing waits for it before its status is looked at."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**({"Cookie": self.cookie} if self.cookie else {}), **(headers or {})}
        return self._app.ask(method, base + path, list(sent.items()), content)

    def get(self, path: str) -> Any:
        answered = self.call("GET", path)
        assert answered.status == 200, answered.content
        return answered.json

    def post(self, path: str, body: Any = None) -> Any:
        answered = self.call("POST", path, body)
        assert answered.status == 200, answered.content
        return answered.json

    def download(self, path: str, body: Any = None) -> dict[str, Any]:
        """Ask for an image (`dockerhub/docker/lgsd/diamond/latest`) and wait for its end; its row."""
        self.post(f"/image/{path}/download", body)
        return self.ended()

    def ended(self, seconds: float = 60) -> dict[str, Any]:
        """Wait until nothing is under way; the newest download's row."""
        limit = time.monotonic() + seconds
        while self.get("/image/downloadstatus"):
            assert time.monotonic() < limit, self.get("/downloads")
            time.sleep(0.01)
        return dict(self.get("/downloads")[0])

    def log_in(self, username: str, password: str) -> Answered:
        """From here on each call carries the session."""
        answered = self.call("POST", "/login", {"username": username, "password": password})
        assert answered.status == 200, answered.content
        self.cookie = answered.headers.get("set-cookie", "").partition(";")[0]
        return answered
