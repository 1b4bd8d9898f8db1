"""Requests to `/v2/` over a socket, through the server that the service runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.api.listening import listening
from tests.registry.asking import Answer


class Client:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str) -> Answer:
        """`path` is below `/v2/` or absolute; a body of several pieces goes out in chunks, without its length."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith("/") else f"/v2/{path}"
        self._line.request(method, address, body, sent)
        response = self._line.getresponse()
        content = response.read()
        return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, content)

    def begin(self, name: str, query: str = "") -> str:
        """Where an upload goes on."""
        answer = self.ask("POST", f"{name}/blobs/uploads/{query}", b"")
        assert answer.status == 202, answer.content
        return answer.headers["location"]

    def push(self, name: str, content: bytes, algorithm: str = "sha256") -> Digest:
        """A blob in one request after the first."""
        digest = Digest.of(content, algorithm)
        answer = self.ask("PUT", joined(self.begin(name), digest), content)
        assert answer.status == 201, answer.content
        return digest

    def close(self) -> None:
        self._line.close()


def joined(place: str, digest: Digest) -> str:
    """`place` with the digest of the whole."""
    return f"{place}{'&' if '?' in place else '?'}digest={digest}"


@contextmanager
def client(folder: Path, **settings: str) -> Iterator[Client]:
    """Of a service that nobody can ask upstream for: its registry is not there."""
    nobody = "http://127.0.0.1:9"
    with Face(folder, registry_url=nobody, hub_url=nobody, **settings) as face, listening(face) as port:
        asking = Client(port)
        try:
            yield asking
        finally:
            asking.close()
