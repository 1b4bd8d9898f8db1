"""The host that blobs really come from: signed URLs, no Authorization, Range (upstreams.md 2.4)."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

from tests.fakes.log import Exchange
from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault, Rules
from tests.fakes.server import Server
from tests.fakes.upstream import Upstream

_PATH = re.compile(r"/registry-v2/docker/registry/v2/blobs/(?P<algorithm>\w+)/\w\w/(?P<hex>\w+)/data")
_SECRET = b"what only the registry and its CDN know"


def _refusal(status: int, code: str, message: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer.of(status, text.encode(), "application/xml")


def expired_url() -> Fault:
    """403 XML, as for a signed URL whose time is over."""
    return Fault("expired_url", instead=lambda _: _refusal(403, "AccessDenied", "Request has expired"))


class Cdn(Server):
    """Serves blobs of the registry behind it, to who has a URL that it signed.

    `lifetime`: seconds that a URL is good for. `single_use`: a URL works once, so that resuming at the old
    one fails. Every other misbehaviour comes by `inject`.
    """

    def __init__(self, upstream: Upstream, lifetime: float = 1200, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.rules = Rules()
        self.inject = self.rules.inject
        self.lifetime, self.single_use = lifetime, False
        self._upstream, self._clock, self._ahead = upstream, clock, 0.0
        self._signed, self._used = 0, set[str]()
        self._lock = threading.Lock()

    def sign(self, repository: str, digest: str) -> str:
        """An address for one blob."""
        algorithm, _, hexadecimal = digest.partition(":")
        path = f"/registry-v2/docker/registry/v2/blobs/{algorithm}/{hexadecimal[:2]}/{hexadecimal}/data"
        with self._lock:
            self._signed += 1
            serial = str(self._signed)
        until = repr(self._clock() + self._ahead + self.lifetime)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Expires": until,
            "x-repository": repository,
            "x-serial": serial,
            "X-Amz-Signature": self._signature(path, repository, serial, until),
        }
        return f"{self.url}{path}?{urlencode(query)}"

    def expire_all(self) -> None:
        """Every URL signed so far is too old from now on."""
        self._ahead += self.lifetime + 1

    @property
    def leaks(self) -> list[Exchange]:
        """Requests that brought an Authorization which was none of the CDN's business."""
        return [e for e in self.requests if e.authorization]

    def respond(self, request: Request) -> Answer:
        """A blob, or S3's refusal."""
        return self.rules.apply(request, self._serve)

    def _serve(self, request: Request) -> Answer:
        found = _PATH.fullmatch(request.path)
        if request.header("Authorization"):
            words = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization"
            return _refusal(400, "InvalidArgument", f"{words} header should be specified")
        if not found:
            return _refusal(404, "NoSuchKey", "The specified key does not exist.")
        repository, serial, until = (request.arg(n) for n in ("x-repository", "x-serial", "X-Amz-Expires"))
        expected = self._signature(request.path, repository, serial, until)
        if request.method != "GET" or not hmac.compare_digest(expected, request.arg("X-Amz-Signature")):
            return _refusal(403, "SignatureDoesNotMatch", "The request signature does not match.")
        with self._lock:
            used = self.single_use and serial in self._used
            self._used.add(serial)
        if used or self._clock() + self._ahead > float(until):
            return _refusal(403, "AccessDenied", "Request has expired")
        digest = f"{found['algorithm']}:{found['hex']}"
        asked = Request(
            "GET", f"/v2/{quote(repository)}/blobs/{digest}", "", (("Range", request.header("Range") or ""),)
        )
        answer = self._upstream.forward(asked if request.header("Range") else asked.without_header("Range"))
        etag = hashlib.md5(digest.encode(), usedforsecurity=False).hexdigest()
        return answer.without_header("Docker-Content-Digest").with_headers(("ETag", f'"{etag}"'))

    def _signature(self, path: str, repository: str, serial: str, until: str) -> str:
        return hmac.new(_SECRET, "\n".join((path, repository, serial, until)).encode(), "sha256").hexdigest()
