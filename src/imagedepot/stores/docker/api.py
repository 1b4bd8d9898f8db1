"""The Docker Engine API over HTTP: versions, TLS, answers, streams (docs.docker.com: Engine API).

Spoken by Docker 20.10 and newer, and by Podman's compatible socket. No SDK: nine calls need none, and each has to end
when another thread says so.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from imagedepot.errors import InvalidSetting
from imagedepot.model.text.texts import words
from imagedepot.remote.http.abortable import AbortableConnection, UnixConnection

if TYPE_CHECKING:
    from ssl import SSLContext

_UNIX = "unix://"
_NEWEST = (1, 52)  # what these calls were tried or read with; an engine that speaks more also speaks this
_OLDEST = "1.24"
_LARGEST_ANSWER = 64 << 20
_LARGEST_EVENT = 4 << 20
_LONGEST_REASON = 500
_CHUNK = 1 << 16

Unanswered = (OSError, HTTPException)
"""What a call raises when the engine does not answer."""


class Refused(Exception):
    """The engine answered with a failure."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class _TlsConnection(AbortableConnection, HTTPSConnection):
    """A connection over TLS, to an engine at a tcp address."""


class EngineApi:
    """One engine at one address (`unix:///var/run/docker.sock`, `tcp://host:2375`).

    `environment` names the TLS certificates of a tcp address, as for Docker's own command (`DOCKER_TLS_VERIFY`,
    `DOCKER_CERT_PATH`). Each call has a connection of its own. Raises `InvalidSetting` for certificates that cannot be
    used. Calls raise `Refused`, and `Unanswered` when the engine is away.
    """

    def __init__(self, address: str, environment: Mapping[str, str], seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._tls = None if address.startswith(_UNIX) else _tls(environment)
        self._version = ""

    def call(self, method: str, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON answer; None for an empty one."""
        with closing(self.connection()) as connection:
            response = self._ask(connection, method, self._versioned(path), query)
            content = response.read(_LARGEST_ANSWER)
        return json.loads(content) if content.strip() else None

    def version(self, connection: AbortableConnection | None = None) -> dict[str, Any]:
        """The engine's description of itself, over a new connection; it decides which version of the API is spoken."""
        with closing(connection or self.connection()) as opened:
            about = dict(json.loads(self._ask(opened, "GET", "/version", None).read(_LARGEST_ANSWER)))
        self._version = _spoken(str(about.get("ApiVersion") or _OLDEST))
        return about

    def stream(
        self,
        connection: AbortableConnection,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Iterable[bytes] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The JSON objects of an answer that goes on, over a connection that the caller can shut and closes.

        Returns when the answer has begun.
        """
        return _objects(self._ask(connection, method, self._versioned(path), query, body))

    def open(self, connection: AbortableConnection, path: str, query: Sequence[tuple[str, str]]) -> HTTPResponse:
        """The answer to a GET whose body is no JSON, over a connection that the caller closes."""
        return self._ask(connection, "GET", self._versioned(path), query)

    def connection(self, seconds: float = 0) -> AbortableConnection:
        """A new connection, not opened yet; `seconds` is the longest wait for a byte, 0 that of short answers."""
        seconds = seconds or self._seconds
        if self._address.startswith(_UNIX):
            return UnixConnection(self._address.removeprefix(_UNIX), seconds)
        parts = urlsplit(self._address)
        host = parts.hostname or "localhost"
        if self._tls is not None:
            return _TlsConnection(host, parts.port or 2376, timeout=seconds, context=self._tls)
        return AbortableConnection(host, parts.port or 2375, timeout=seconds)

    def forget(self) -> None:
        """Forget the engine's version: another engine may answer at the address the next time."""
        self._version = ""

    def _versioned(self, path: str) -> str:
        if not self._version:
            self.version()
        return f"/v{self._version}{path}"

    def _ask(
        self,
        connection: AbortableConnection,
        method: str,
        path: str,
        query: Mapping[str, str] | Sequence[tuple[str, str]] | None,
        body: Iterable[bytes] | None = None,
    ) -> HTTPResponse:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Content-Type": "application/x-tar"} if body is not None else {}
        with suppress(BrokenPipeError):  # it has heard enough; its answer says why
            connection.request(method, target, body, headers, encode_chunked=body is not None)
        response = connection.getresponse()
        if response.status >= 400:
            raise Refused(response.status, _reason(response.read(_LARGEST_ANSWER)))
        return response


def _spoken(theirs: str) -> str:
    """The newest version of the API that both sides speak: a pinned one is refused by newer engines."""
    try:
        major, minor = (int(part) for part in theirs.split(".", 1))
    except ValueError:
        return _OLDEST
    return f"{_NEWEST[0]}.{_NEWEST[1]}" if (major, minor) > _NEWEST else theirs


def _reason(content: bytes) -> str:
    """The engine's error message on one line."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    message = answer.get("message") if isinstance(answer, dict) else None
    return words(str(message or content.decode(errors="replace") or "no reason given"), _LONGEST_REASON)


def _objects(response: HTTPResponse) -> Iterator[dict[str, Any]]:
    """JSON objects one after the other, with or without line breaks between them, in pieces of any size."""
    decoder, characters = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")("replace")
    text = ""
    while chunk := response.read1(_CHUNK):
        text = (text + characters.decode(chunk)).lstrip()
        while text:
            try:
                found, end = decoder.raw_decode(text)
            except ValueError:
                break
            if isinstance(found, dict):
                yield found
            text = text[end:].lstrip()
        if len(text) > _LARGEST_EVENT:
            raise HTTPException("an object without an end")


def _tls(environment: Mapping[str, str]) -> SSLContext | None:
    """The TLS context, from the files that Docker's own command reads. Raises `InvalidSetting`."""
    folder, verify = environment.get("DOCKER_CERT_PATH"), bool(environment.get("DOCKER_TLS_VERIFY"))
    if not folder and not verify:
        return None
    import ssl  # late: most engines are behind a Unix socket

    certificates = Path(folder) if folder else Path.home() / ".docker"
    try:
        context = ssl.create_default_context(cafile=str(certificates / "ca.pem") if verify else None)
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    except (OSError, ssl.SSLError) as error:
        reason = f"{certificates} has no ca.pem, cert.pem and key.pem that can be used"
        raise InvalidSetting("DOCKER_CERT_PATH", reason) from error
    return context
