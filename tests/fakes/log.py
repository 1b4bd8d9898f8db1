"""What a fake was asked, in order, and what it really sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import overload

from tests.fakes.message import Request


@dataclass
class Exchange:
    """One request and its fate. `sent` counts body bytes; `status` is 0 until (and unless) a status line was sent."""

    request: Request
    status: int = 0
    sent: int = 0
    ended: bool = False

    @property
    def method(self) -> str:
        """GET, HEAD, …"""
        return self.request.method

    @property
    def path(self) -> str:
        """The raw path, without the query."""
        return self.request.path

    @property
    def query(self) -> str:
        """The raw query."""
        return self.request.query

    @property
    def range(self) -> str | None:
        """The Range header."""
        return self.request.header("Range")

    @property
    def authorization(self) -> str | None:
        """The Authorization header."""
        return self.request.header("Authorization")

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        extra = f" range={self.range}" if self.range else ""
        return f"{self.method} {self.path}{query} -> {self.status} {self.sent}B{extra}"


class RequestLog(Sequence[Exchange]):
    """All exchanges so far; safe to read while requests are running."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._changed = threading.Condition()

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        with self._changed:
            return self._exchanges[index]

    def __len__(self) -> int:
        with self._changed:
            return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self[:])

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def begin(self, request: Request) -> Exchange:
        """Called by the server when a request has been read."""
        exchange = Exchange(request)
        with self._changed:
            self._exchanges.append(exchange)
            self._changed.notify_all()
        return exchange

    def update(self, exchange: Exchange, status: int | None = None, sent: int = 0, ended: bool = False) -> None:
        """Called by the server as an answer is sent."""
        with self._changed:
            exchange.status = exchange.status if status is None else status
            exchange.sent += sent
            exchange.ended = exchange.ended or ended
            self._changed.notify_all()

    def matching(self, path: str = "*", method: str | None = None) -> list[Exchange]:
        """Exchanges whose path matches the glob (`*` crosses slashes) and whose method is `method`."""
        return [e for e in self if fnmatchcase(e.path, path) and method in (None, e.method)]

    def count(self, path: str = "*", method: str | None = None) -> int:
        """How many exchanges match."""
        return len(self.matching(path, method))

    def bytes_sent(self, path: str = "*") -> int:
        """Body bytes sent for the paths that match."""
        return sum(e.sent for e in self.matching(path))

    def wait_for(self, wanted: Callable[[RequestLog], bool], timeout: float = 20.0) -> None:
        """Wait until `wanted(log)` holds; AssertionError with the log when it does not in `timeout` seconds."""
        limit = time.monotonic() + timeout
        with self._changed:
            while not wanted(self):
                left = limit - time.monotonic()
                assert left > 0, f"did not happen in {timeout} s; the log:\n{self}"
                self._changed.wait(left)

    def clear(self) -> None:
        """Forget everything so far."""
        with self._changed:
            self._exchanges.clear()
