"""The application of the control socket: whoever may open it owns the service."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagedepot.app import build
from imagedepot.model.access.role import Role
from imagedepot.remote.http.abortable import UnixConnection
from imagedepot.server.connections import Connections
from imagedepot.server.http_server import HttpServer
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face


class Control:
    def __init__(self, path: Path) -> None:
        self._path = path

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = UnixConnection(str(self._path), 10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Host": "whatever.example"})
            response = connection.getresponse()
            return response.status, json.load(response)
        finally:
            connection.close()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    """Of a service that has users."""
    with Face(tmp_path / "data", **NOBODY) as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        path = tmp_path / "control.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            server = HttpServer(build(face.services, control=True), Connections(8, 8))
            thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.002)
            yield Control(path)
            server.should_exit = True
            thread.join(60)


def test_its_caller_needs_no_session_and_may_change_things(control: Control) -> None:
    assert control.call("GET", "/api/v1/login_refresh")[1]["username"] == "local"
    assert control.call("GET", "/api/v1/system")[1]["is_admin"] is True
    assert control.call("POST", "/api/v1/users", {"username": "bob", "password": PASSWORD})[0] == 200
    assert [row["username"] for row in control.call("GET", "/api/v1/users")[1]] == ["ada", "bob"]


def test_it_has_no_web_ui(control: Control) -> None:
    status, answer = control.call("GET", "/")
    assert (status, answer["error"]["code"]) == (404, 404)


def test_logging_out_does_not_shut_its_owner_out(control: Control) -> None:
    assert control.call("PUT", "/api/v1/logout") == (200, {"username": "local"})
    assert control.call("GET", "/api/v1/downloads") == (200, [])
