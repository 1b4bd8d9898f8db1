"""`GET /downloads/events`: changes, as server-sent events.

A reader that is slow is not waited for and costs no queue: when it takes the next event, it gets the latest state. The
snapshot is shared, and is sent in pieces as the reader takes them; each state of a download is encoded once for all.

A reader that asks for `changes` hears of a download as a whole once, and then of what changed since it last heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from imagedepot.api.encoded.downloads import Snapshot
from imagedepot.api.http.answers import HEADERS, encoded
from imagedepot.api.http.caller import caller_of, token_of
from imagedepot.api.services import Parts
from imagedepot.model.download import Download as DownloadState
from imagedepot.service.access.caller import Caller
from imagedepot.wire.v1.images.changes import change
from imagedepot.wire.v1.images.downloads import Download

MEDIA = "text/event-stream"
_COMMENT = b": still here\n\n"
_PIECE = 64 << 10
_MOST_ENCODED = 100


class Events:
    """`pause`: seconds between two batches of events; `silence`: seconds after which a comment is sent."""

    def __init__(self, parts: Parts, snapshot: Snapshot, pause: float = 0.25, silence: float = 15.0) -> None:
        self._parts = parts
        self._snapshot = snapshot
        self._encoded: dict[str, tuple[DownloadState, Download, bytes]] = {}
        self._pause = pause
        self._silence = silence

    async def stream(self, request: Request) -> Response:
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        if request.method == "HEAD":
            return Response(b"", 200, headers, MEDIA)
        may_listen = self._session(caller_of(request), token_of(request))
        sent: dict[str, Download] | None = {} if request.query_params.get("changes") == "1" else None
        return StreamingResponse(self._events(may_listen, sent), 200, headers, MEDIA)

    def _session(self, caller: Caller, token: str) -> Callable[[], bool]:
        """Whether the session is still valid: a stream ends with its session."""
        access = self._parts.access
        if caller.anonymous:
            return lambda: not access.has_users
        if caller.token is not None:
            return lambda: access.is_current(caller)
        if caller.vouched_for:  # with or without a session of ours, which may have ended long ago
            return lambda: True
        return lambda: not token or access.caller(token) is not None

    async def _events(self, may_listen: Callable[[], bool], sent: dict[str, Download] | None) -> AsyncIterator[bytes]:
        """`sent`: what a reader of changes has been sent of each download that is under way; None for other readers."""
        awake = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # The loop may have ended meanwhile: no listener is left.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(awake.set)

        with self._parts.feed.listen(wake) as slot:
            rows = await self._parts.threads.local(self._snapshot.json)
            begin = b"event: snapshot\ndata: "
            for at in range(0, len(rows), _PIECE):
                end = b"\n\n" if at + _PIECE >= len(rows) else b""
                yield begin + rows[at : at + _PIECE] + end
                begin = b""
            del rows  # of an older state from here on
            spoke = time.monotonic()
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(awake.wait(), max(0.0, spoke + self._silence - time.monotonic()))
                if not may_listen():
                    return
                if not awake.is_set():
                    yield _COMMENT
                    spoke = time.monotonic()
                    continue
                awake.clear()
                news = slot.take()
                batch: Sequence[bytes] = [self._event_of(each, sent) for each in news.downloads]
                if news.images:
                    batch = [*batch, _event("images", {})]
                if news.mirror:
                    batch = [*batch, _event("mirror", {})]
                if batch:
                    yield b"".join(batch)
                    spoke = time.monotonic()
                if news.closed:
                    return
                await asyncio.sleep(self._pause)

    def _event_of(self, download: DownloadState, sent: dict[str, Download] | None) -> bytes:
        row, event = self._whole(download)
        if sent is None:
            return event
        before = sent.pop(download.id, None)
        if row.ended is None:
            sent[download.id] = row
        news = None if before is None else change(before, row)
        return event if news is None else _event("change", news)

    def _whole(self, download: DownloadState) -> tuple[Download, bytes]:
        """The row of one state and its event, which is sent to every listener."""
        known = self._encoded.get(download.id)
        if known is not None and known[0] is download:
            return known[1:]
        if len(self._encoded) >= _MOST_ENCODED:
            self._encoded.clear()
        row = Download.of(download)
        event = _event("download", row)
        self._encoded[download.id] = download, row, event
        return row, event


def _event(name: str, data: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + encoded(data) + b"\n\n"
