"""What goes in and out of a fake: a request, an answer, and how its bytes are put on the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qs

Headers = tuple[tuple[str, str], ...]


class Gate:
    """Holds an answer until a test opens it: the way to force a race without sleeping.

    `reached` is set as soon as one answer stands at the gate. `maximum` (seconds) bounds a forgotten gate.
    """

    def __init__(self, maximum: float = 120.0) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.maximum = maximum

    def open(self) -> None:
        """Let everything through, now and later."""
        self.opened.set()

    def wait_reached(self, timeout: float = 60.0) -> None:
        """Wait until an answer stands at the gate; AssertionError when none came in `timeout` seconds."""
        assert self.reached.wait(timeout), "no request reached the gate"

    def pass_through(self) -> None:
        """Called by the server: stand here until the gate opens or `maximum` is over."""
        self.reached.set()
        self.opened.wait(self.maximum)


@dataclass(frozen=True)
class Hold:
    """Stand at `gate` before body byte `at` is sent; `at=None` means before the status line."""

    gate: Gate
    at: int | None = None


class Framing(Enum):
    """How the end of a body is told."""

    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Wire:
    """How an answer is sent: the misbehaviour that a status and headers cannot express."""

    no_answer: bool = False
    cut_after: int | None = None
    reset: bool = False
    bytes_per_second: float | None = None
    holds: tuple[Hold, ...] = ()
    framing: Framing = Framing.LENGTH


@dataclass(frozen=True)
class Request:
    """One request as it came in; `path` is raw (not unquoted) and without the query."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""
    host: str = ""

    def header(self, name: str) -> str | None:
        """The first header called `name` (any case)."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def args(self) -> dict[str, list[str]]:
        """The query's parameters."""
        return parse_qs(self.query, keep_blank_values=True)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of one query parameter."""
        return self.args.get(name, [default])[0]

    def without_header(self, name: str) -> Request:
        """The same request with no header called `name`."""
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() != name.lower()))


@dataclass(frozen=True)
class Answer:
    """One answer. `length` is what Content-Length will say; None: not known, so it is sent in chunks.

    `chunks` may be read once only; `done` is called when it has been sent, or could not be.
    """

    status: int
    headers: Headers = ()
    chunks: Iterable[bytes] = ()
    length: int | None = 0
    wire: Wire = field(default_factory=Wire)
    done: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, status: int, body: bytes = b"", content_type: str = "", headers: Headers = ()) -> Answer:
        """An answer with a body that is known whole."""
        typed = (("Content-Type", content_type), *headers) if content_type else headers
        return cls(status, typed, (body,), len(body))

    @classmethod
    def json(
        cls, status: int, value: Any, headers: Headers = (), content_type: str = "application/json; charset=utf-8"
    ) -> Answer:
        """An answer whose body is JSON."""
        return cls.of(status, json.dumps(value).encode(), content_type, headers)

    @classmethod
    def text(cls, status: int, text: str, headers: Headers = ()) -> Answer:
        """A plain-text answer."""
        return cls.of(status, text.encode(), "text/plain; charset=utf-8", headers)

    @classmethod
    def html(cls, status: int, text: str, headers: Headers = ()) -> Answer:
        """A page meant for a browser."""
        return cls.of(status, text.encode(), "text/html; charset=UTF-8", headers)

    @classmethod
    def errors(cls, status: int, code: str, message: str, detail: Any = None, headers: Headers = ()) -> Answer:
        """A registry's error body (upstreams.md 2.3)."""
        return cls.json(status, {"errors": [{"code": code, "message": message, "detail": detail}]}, headers)

    def header(self, name: str) -> str | None:
        """The first header called `name` (any case)."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """The same answer, with these headers in place of those of the same names."""
        names = {key.lower() for key, _ in headers}
        kept = tuple(h for h in self.headers if h[0].lower() not in names)
        return replace(self, headers=(*kept, *headers))

    def without_header(self, name: str) -> Answer:
        """The same answer with no header called `name`."""
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() != name.lower()))

    def with_wire(self, **changes: Any) -> Answer:
        """The same answer, sent differently (see `Wire`)."""
        return replace(self, wire=replace(self.wire, **changes))

    def with_chunks(self, change: Callable[[Iterator[bytes]], Iterator[bytes]], length: int | None) -> Answer:
        """The same answer with a changed body of `length` bytes."""
        return replace(self, chunks=change(iter(self.chunks)), length=length)

    def read(self) -> bytes:
        """The whole body; the answer cannot be sent afterwards."""
        try:
            return b"".join(self.chunks)
        finally:
            self.done()

    @property
    def first_byte(self) -> int:
        """The offset in the blob at which this body starts: what Content-Range says, else 0."""
        said = self.header("Content-Range") or ""
        start = said.removeprefix("bytes ").partition("-")[0]
        return int(start) if start.isdigit() else 0
