"""The head of an answer, and its body as a stream or, up to a limit, as bytes."""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from urllib3.response import HTTPResponse

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ConnectionBroken, InvalidAnswer, TimedOut, UpstreamError
from imagedepot.model.text.json_text import parse_json
from imagedepot.remote.http.address import Address, AddressSource, Zone
from imagedepot.remote.http.answers.decoding import DecodedStream, check_encoding, encoding_of
from imagedepot.remote.http.answers.stream import BodyStream
from imagedepot.remote.http.connection import Call
from imagedepot.remote.http.watchdog import Watchdog

_PIECE = 1 << 16
_WORTH_READING = 1 << 16
_WORTH_SECONDS = 2.0
_LONGEST_SECONDS = 300.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Answer:
    """One answer: close it, or read all of it. A context manager that closes.

    `url` is where it came from in the end; `redirected`: that is not the URL that was asked.
    """

    def __init__(
        self,
        response: HTTPResponse,
        url: str,
        call: Call,
        redirected: bool,
        cancellation: Cancellation,
        watchdog: Watchdog,
    ) -> None:
        self.status = response.status
        self.url = url
        self.redirected = redirected
        self.zone: Zone = call.zone
        self._headers = response.headers
        self._call = call
        self._cancellation = cancellation
        self._watchdog = watchdog
        self.body = BodyStream(response, call.abort, str(Address.of(url)))

    @property
    def given_by(self) -> AddressSource:
        """The answering server as a source of addresses."""
        return AddressSource(urlsplit(self.url).scheme, self.zone)

    @property
    def where(self) -> str:
        """`host[:port]` of the answering server."""
        return str(Address.of(self.url))

    @property
    def is_html(self) -> bool:
        """A page for a browser: a captive portal, a proxy, Cloudflare."""
        return self.header("Content-Type").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")

    @property
    def encoding(self) -> str:
        """The body's `Content-Encoding`; "" for none."""
        return encoding_of(self.header("Content-Encoding"))

    def decoded(self) -> BodyStream | DecodedStream:
        """The body without its `Content-Encoding`. Raises `InvalidAnswer`, and closes the answer then."""
        if not self.encoding:
            return self.body
        try:
            check_encoding(self.encoding, self.where)
        except InvalidAnswer:
            self.close()
            raise
        return DecodedStream(self.body, self.where)

    def header(self, name: str) -> str:
        """The first header of that name, "" when there is none."""
        return next(iter(self._headers.getlist(name)), "")

    def headers(self, name: str) -> list[str]:
        return list(self._headers.getlist(name))

    def read(self, limit: int, within: float = _LONGEST_SECONDS) -> bytes:
        """The whole body: at most `limit` decoded bytes, `within` seconds in all, however slowly it comes.

        Raises `UpstreamError` when it is longer, `TimedOut`, `ConnectionBroken`, `Cancelled`.
        """
        deadline = min(time.monotonic() + within, self._cancellation.deadline)
        try:
            with self._cancellation.on_cancel(self._call.abort), self._watchdog.at(deadline, self._call.expire):
                content = self._read(limit, deadline)
            failure = None
        except ConnectionBroken as error:
            failure = error
        # Where only the end of the connection ends the body, one that was cut looks complete.
        self._cancellation.check()
        if self._call.expired:
            raise TimedOut(f"{self.where} takes too long for one answer") from failure
        if failure is not None:
            raise failure
        return content

    def _read(self, limit: int, deadline: float) -> bytes:
        with self:
            body = self.decoded()
            pieces: list[bytes] = []
            size = 0
            buffer = memoryview(bytearray(_PIECE))
            while count := body.readinto(buffer):
                size += count
                if size > limit:
                    raise UpstreamError(f"{self.where} sent more than the {limit:,} bytes that such an answer may have")
                if time.monotonic() > deadline:
                    self._call.expire()
                    return b""
                pieces.append(bytes(buffer[:count]))
            return b"".join(pieces)

    def json(self, limit: int) -> Any:
        """The body as JSON, under any Content-Type but HTML. Raises `InvalidAnswer`."""
        if self.is_html:
            self.close()
            raise InvalidAnswer(f"{self.where} answered with a web page instead of data")
        try:
            return parse_json(self.read(limit))
        except (ValueError, RecursionError) as error:
            raise InvalidAnswer(f"{self.where} answered with something that is not JSON") from error

    def discard(self) -> None:
        """Close the answer; a short rest that comes soon is read first, so that the connection can be reused.

        A rest that breaks off is no failure: it is not needed.
        """
        length = self.body.length
        with self:
            if length is None or length > _WORTH_READING:
                return
            deadline = min(time.monotonic() + _WORTH_SECONDS, self._cancellation.deadline)
            with (
                suppress(ConnectionBroken),
                self._cancellation.on_cancel(self._call.abort),
                self._watchdog.at(deadline, self._call.abort),
            ):
                buffer = memoryview(bytearray(_WORTH_READING))
                while self.body.readinto(buffer):
                    pass

    def close(self) -> None:
        self.body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
