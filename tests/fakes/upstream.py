"""The way from a fake to the real registry behind it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.fakes.message import Answer, Headers, Request

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade", "authorization"}
_PIECE = 256 * 1024


class Upstream:
    """A real registry at `url`, open to anybody: it never sees Authorization."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.scheme == "http" and parts.hostname, f"a registry on plain http is needed, not {url}"
        self.url = url.rstrip("/")
        self._address = (parts.hostname, parts.port or 80)

    def forward(self, request: Request) -> Answer:
        """Ask the same thing; its answer is streamed, not held in memory. 502 when the registry is not there."""
        headers = tuple((k, v) for k, v in request.headers if k.lower() not in _HOP_BY_HOP)
        target = f"{request.path}?{request.query}" if request.query else request.path
        return self._ask(request.method, target, headers, request.body)

    def get(self, target: str, accept: str = "*/*", method: str = "GET") -> Answer:
        """Ask something of one's own."""
        return self._ask(method, target, (("Accept", accept),))

    def _ask(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        try:
            connection.putrequest(method, target, skip_host=any(k.lower() == "host" for k, _ in headers))
            for key, value in headers:
                connection.putheader(key, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
        except OSError as error:
            connection.close()
            return Answer.text(502, f"the registry behind this fake does not answer: {error}")
        kept = tuple((k, v) for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP)
        said = response.getheader("Content-Length")
        return Answer(response.status, kept, _read(response), int(said) if said else None, done=connection.close)


def _read(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := response.read(_PIECE):
        yield piece
