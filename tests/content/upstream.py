"""A fetcher that does what the test tells it, connection by connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ConnectionBroken, DepotError
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile

Change = Callable[[bytes], bytes]


class Stream:
    """One answer: `body` from `start`, cut off after `breaks_after` bytes; waits for `gate` before each read."""

    def __init__(
        self, body: bytes, start: int, total: int | None, breaks_after: int | None, gate: threading.Event | None
    ) -> None:
        self.start = start
        self.total = total
        self.validator: str | None = '"v1"'
        self._body = memoryview(body)
        self._at = 0
        self._breaks_after = breaks_after
        self._gate = gate
        self._closed = threading.Event()

    def readinto(self, buffer: memoryview) -> int:
        while self._gate is not None and not self._gate.wait(0.01):
            if self._closed.is_set():
                raise ConnectionBroken("closed")
        end = len(self._body) if self._breaks_after is None else min(len(self._body), self._breaks_after)
        count = min(len(buffer), 1000, end - self._at)
        if count == 0 and end < len(self._body):
            raise ConnectionBroken("the connection broke")
        buffer[:count] = self._body[self._at : self._at + count]
        self._at += count
        return count

    def close(self) -> None:
        self._closed.set()


class ScriptedFetcher:
    """Serves `content` by digest or address. `script`: one entry for each connection; the last one for all others.

    An entry is an error to raise, or keywords: breaks_after, starts_at, change, gate, total.
    """

    def __init__(self, *contents: bytes, script: Sequence[DepotError | dict[str, object]] = ({},)) -> None:
        self.contents = {Digest.of(content): content for content in contents}
        self.opened: list[tuple[str, int]] = []
        self._script = list(script)
        self._lock = threading.Lock()

    def open(
        self,
        content: Descriptor | RemoteFile,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Stream:
        with self._lock:
            self.opened.append((key(content), offset))
            step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, DepotError):
            raise step
        body = self._body(content)
        start = step.get("starts_at", offset)
        assert isinstance(start, int)
        change = step.get("change", lambda body: body)
        gate, breaks_after = step.get("gate"), step.get("breaks_after")
        assert callable(change)
        assert gate is None or isinstance(gate, threading.Event)
        assert breaks_after is None or isinstance(breaks_after, int)
        total = step.get("total", len(body))
        assert total is None or isinstance(total, int)
        return Stream(change(body[start:]), start, total, breaks_after, gate)

    def _body(self, content: Descriptor | RemoteFile) -> bytes:
        if isinstance(content, Descriptor):
            return self.contents[content.digest]
        return next(iter(self.contents.values()))


def key(content: Descriptor | RemoteFile) -> str:
    return content.digest.short if isinstance(content, Descriptor) else content.url
