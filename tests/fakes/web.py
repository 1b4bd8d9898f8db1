"""A web server of plain files: catalogs, icons, tarballs, image servers. It misbehaves when told to."""

from __future__ import annotations

import hashlib
import re
from email.utils import formatdate

from tests.fakes.message import Answer, Headers, Request
from tests.fakes.rules import Rules
from tests.fakes.server import Server

_RANGE = re.compile(r"bytes=(\d+)-")
_TYPES = {
    "json": "application/json",
    "xml": "text/xml",
    "html": "text/html",
    "png": "image/png",
    "svg": "image/svg+xml",
}


class WebServer(Server):
    """`files` by path, which tests change at will. `inject(fault, path, …)` as in `FaultyRegistry`.

    `tags`: whether it gives an ETag; `dates`: whether it gives Last-Modified. It honours what it gives.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files: dict[str, bytes] = {}
        self.tags = True
        self.dates = False
        self.changed = 1_700_000_000.0
        self.rules = Rules()
        self.inject = self.rules.inject

    def put(self, path: str, content: bytes) -> str:
        """Its address."""
        self.files[path] = content
        return f"{self.url}{path}"

    def respond(self, request: Request) -> Answer:
        return self.rules.apply(request, self._serve)

    def _serve(self, request: Request) -> Answer:
        content = self.files.get(request.path)
        if content is None:
            return Answer.html(404, "<html>Not found</html>")
        validators = self._validators(content)
        if self._unchanged(request, validators):
            return Answer.of(304, headers=validators)
        kind = _TYPES.get(request.path.rpartition(".")[2], "application/octet-stream")
        wanted = _RANGE.fullmatch(request.header("Range") or "")
        condition = request.header("If-Range")
        if wanted is None or (condition is not None and condition not in dict(validators).values()):
            return Answer.of(200, content, kind, validators)
        start = int(wanted[1])
        if start >= len(content):
            return Answer.of(416, headers=(("Content-Range", f"bytes */{len(content)}"),))
        part = ("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        return Answer.of(206, content[start:], kind, (part, *validators))

    def _validators(self, content: bytes) -> Headers:
        tag = (("ETag", f'"{hashlib.sha256(content).hexdigest()[:16]}"'),) if self.tags else ()
        return (*tag, *((("Last-Modified", formatdate(self.changed, usegmt=True)),) if self.dates else ()))

    @staticmethod
    def _unchanged(request: Request, validators: Headers) -> bool:
        given = dict(validators)
        tag, date = request.header("If-None-Match"), request.header("If-Modified-Since")
        if tag is not None:
            return tag == given.get("ETag")
        return date is not None and date == given.get("Last-Modified")
