"""The client against a server of its own words, over a real socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import pytest

from imagedepot.api.http.errors import status_of
from imagedepot.cli.exits import code_of
from imagedepot.client import Client, Connection
from imagedepot.errors import DepotError, InvalidAnswer, InvalidArchive, Unavailable


def every(kind: type[DepotError]) -> Iterator[type[DepotError]]:
    """The classes of the tree itself: a room may refine one for its own use."""
    yield kind
    for each in kind.__subclasses__():
        if each.__module__ == DepotError.__module__:
            yield from every(each)


SENTENCE = "Image not found: lab/ünknown:1"


class Told:
    """What the server answers next, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.hang_up = False


class _Handler(BaseHTTPRequestHandler):
    told: Told

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        self.told.asked.append((self.command, self.path, json.loads(content) if content else None))
        if self.told.hang_up:
            return
        self.send_response(self.told.status)
        for name, value in {"Content-Length": str(len(self.told.body)), **self.told.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.told.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def address_string(self) -> str:
        return "nobody"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """Tests are quiet."""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    told = Told()
    handler = type("Handler", (_Handler,), {"told": told})
    with ThreadingUnixStreamServer(str(tmp_path / "control.sock"), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", sorted(every(DepotError), key=str))
def test_every_error_comes_back_as_itself_with_its_exit_code_and_sentence(
    tmp_path: Path, told: Told, kind: type[DepotError]
) -> None:
    told.status = status_of(kind.__new__(kind))
    told.body = json.dumps({"error": {"code": told.status, "reason": kind.code, "message": SENTENCE}}).encode()
    with pytest.raises(DepotError) as raised:
        Connection(tmp_path).call("GET", "/limits")
    assert str(raised.value) == SENTENCE
    assert type(raised.value) is kind
    assert code_of(raised.value) == code_of(kind.__new__(kind))


def test_no_service_is_nobody_and_no_error_of_its_own(tmp_path: Path) -> None:
    assert not Connection(tmp_path).is_answered()
    with pytest.raises(Unavailable, match=f"The service of {tmp_path} does not answer any more"):
        Connection(tmp_path).call("GET", "/limits")


def test_a_service_that_ends_in_the_middle_is_unavailable(tmp_path: Path, told: Told) -> None:
    assert Connection(tmp_path).is_answered()
    told.hang_up = True
    with pytest.raises(Unavailable, match="does not answer any more"):
        Connection(tmp_path).call("GET", "/limits")
    told.hang_up, told.status, told.body = False, 500, b"Internal Server Error"
    with pytest.raises(Unavailable, match="does not answer any more"):
        Connection(tmp_path).call("GET", "/limits")


def test_an_answer_that_is_no_json_is_named(tmp_path: Path, told: Told) -> None:
    told.body = b"<html>"
    with pytest.raises(InvalidAnswer, match="answered 200 with something that is not JSON"):
        Connection(tmp_path).call("GET", "/limits")
    told.status, told.body = 404, b'{"error": "odd"}'
    with pytest.raises(DepotError, match="The service answered 404"):
        Connection(tmp_path).call("GET", "/limits")


def test_warnings_are_passed_on(tmp_path: Path, told: Told) -> None:
    told.headers["Warning"] = '110 - "Response is stale", 199 - "LXD is away"'
    heard: list[tuple[str, str]] = []
    Client(tmp_path, lambda code, text: heard.append((code, text))).limits()
    assert heard == [("110", "Response is stale"), ("199", "LXD is away")]


def test_names_keep_their_slashes_and_nothing_else_special(tmp_path: Path, told: Told) -> None:
    client = Client(tmp_path)
    client.inspect("docker", "registry.lan:5000/a/b", "1")
    client.inspect("lxc", "odd?name#x", "latest")
    told.headers["Location"] = "/prefix/api/v1/downloads/7"
    assert client.download("dockerhub", "docker", "redis", "sha256:" + "a" * 64, {"platform": "linux/arm64"}) == "7"
    client.images("local", "docker", "a&b", 5)
    client.log_in("registry.lan:5000", "ada", "pass word")
    assert told.asked == [
        ("GET", "/api/v1/image/docker/registry.lan:5000/a/b/1/inspect", None),
        ("GET", "/api/v1/image/lxc/odd%3Fname%23x/latest/inspect", None),
        ("POST", f"/api/v1/image/dockerhub/docker/redis/sha256:{'a' * 64}/download", {"platform": "linux/arm64"}),
        ("GET", "/api/v1/image/?from=local&type=docker&filter_text=a%26b&limit=5", None),
        ("PUT", "/api/v1/registries/registry.lan:5000", {"username": "ada", "password": "pass word"}),
    ]


def test_an_answer_in_the_middle_of_an_upload_counts(tmp_path: Path) -> None:
    """The client waits for room when the service answers and closes: what was not read resets the connection."""
    body = json.dumps({"error": {"code": 400, "reason": InvalidArchive.code, "message": SENTENCE}}).encode()
    pieces = 0

    def refuse() -> None:
        taken, _ = server.accept()
        with taken:
            seen = -1
            while seen != pieces or not pieces:
                seen = pieces
                time.sleep(0.1)
            taken.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def content() -> Iterator[bytes]:
        nonlocal pieces
        while True:
            pieces += 1
            yield b"x" * 4096

    with socket.create_server(str(tmp_path / "control.sock"), family=socket.AF_UNIX) as server:
        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(InvalidArchive, match=SENTENCE):
            Connection(tmp_path).upload("/images/import", {}, content())
        thread.join()
