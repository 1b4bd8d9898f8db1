"""The API over a real socket: what lies between a client and the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from imagedepot.api.http.bodies.body import LARGEST
from imagedepot.model.access.role import Role
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import BASE, Face
from tests.api.listening import listening
from tests.ground.waiting import wait_until


@dataclass(frozen=True)
class Served:
    """A service behind our server; `port` is that of its listener."""

    face: Face
    port: int

    @contextmanager
    def asked(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Iterator[HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, BASE + path, body, {name.replace("_", "-"): headers[name] for name in headers})
            yield connection.getresponse()
        finally:
            connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Face(tmp_path / "data", **NOBODY) as face, listening(face) as port:
        yield Served(face, port)


def test_calls_follow_one_another_on_one_connection(served: Served) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.connect()
    link = connection.sock
    for path in ("/image/", "/downloads", "/nowhere", "/image/docker/lgsd%2Fdiamond/latest/inspect"):
        for method in ("GET", "HEAD"):
            connection.request(method, BASE + path)
            response = connection.getresponse()
            content = response.read()
            expected = served.face.call(method, path)
            assert (response.status, content) == (expected.status, expected.content)
            assert response.headers["content-type"] == expected.headers["content-type"]
    assert connection.sock is link
    connection.close()


def test_a_body_arrives_whole(served: Served) -> None:
    catalog = {"name": "x" * 200_000, "url": "nonsense"}
    with served.asked("POST", "/catalogs", json.dumps(catalog).encode()) as response:
        content = response.read()
    expected = served.face.call("POST", "/catalogs", catalog)
    assert (response.status, content) == (expected.status, expected.content)


def test_who_sends_too_much_reads_why(served: Served) -> None:
    with served.asked("POST", "/catalogs", b" " * (LARGEST + 1)) as response:
        assert response.status == 413
        assert json.load(response)["error"]["message"] == "A body has at most 1,048,576 bytes"


def test_a_client_that_leaves_ends_its_stream(served: Served) -> None:
    slots = served.face.services.feed._slots
    with served.asked("GET", "/downloads/events") as response:
        assert response.headers["transfer-encoding"] == "chunked"
        assert response.readline() == b"event: snapshot\n"
        assert len(slots) == 1
    wait_until(lambda: not slots)


def test_a_stream_ends_with_the_service(served: Served) -> None:
    with served.asked("GET", "/downloads/events") as response:
        assert response.readline() == b"event: snapshot\n"
        served.face.services.feed.close()
        assert response.read().endswith(b"\n\n")


def test_a_proxy_on_this_machine_is_believed(served: Served) -> None:
    served.face.services.access.add("ada", PASSWORD, Role.ADMIN)
    login = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    with served.asked("POST", "/login", login, X_Forwarded_Proto="https") as response:
        assert "; secure" in response.headers["set-cookie"].lower()
    with served.asked("POST", "/login", login) as response:
        assert "; secure" not in response.headers["set-cookie"].lower()


def test_before_there_is_a_user_the_address_of_the_peer_counts(served: Served) -> None:
    with served.asked("GET", "/downloads") as response:
        assert response.status == 200
    with served.asked("GET", "/downloads", X_Forwarded_For="192.168.1.7") as response:
        assert response.status == 403
        assert "through a proxy" in json.load(response)["error"]["message"]
