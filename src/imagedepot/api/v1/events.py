"""`GET /downloads/events`: what happens, as server-sent events.

A reader that is slow is not waited for and costs no queue: when it takes the next event, it gets the latest state.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from imagedepot.api.http.answers import HEADERS, encoded
from imagedepot.api.http.caller import caller_of, token_of
from imagedepot.api.v1.services import Parts
from imagedepot.service.access.access import Caller
from imagedepot.wire.v1.downloads import Download

MEDIA = "text/event-stream"
_COMMENT = b": still here\n\n"


class Events:
    """`pause`: seconds between two looks, so that nobody hears more often; `silence`: after which a comment is sent."""

    def __init__(self, parts: Parts, pause: float = 0.25, silence: float = 15.0) -> None:
        self._parts = parts
        self._pause = pause
        self._silence = silence

    async def stream(self, request: Request) -> Response:
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        if request.method == "HEAD":
            return Response(b"", 200, headers, MEDIA)
        may_listen = self._session(caller_of(request), token_of(request))
        return StreamingResponse(self._events(may_listen), 200, headers, MEDIA)

    def _session(self, caller: Caller, token: str) -> Callable[[], bool]:
        """Whether the caller still is who it was: a stream outlives no session."""
        access = self._parts.access
        if caller.anonymous:
            return lambda: not access.has_users
        return lambda: not token or access.caller(token) is not None

    async def _events(self, may_listen: Callable[[], bool]) -> AsyncIterator[bytes]:
        awake = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # The loop may have ended while somebody had news: nobody listens any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(awake.set)

        with self._parts.feed.listen(wake) as slot:
            rows = [Download.of(each) for each in await self._parts.threads.local(self._parts.downloads.all)]
            yield _event("snapshot", rows)
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
                told: Sequence[bytes] = [_event("download", Download.of(each)) for each in news.downloads]
                if news.images:
                    told = [*told, _event("images", {})]
                if told:
                    yield b"".join(told)
                    spoke = time.monotonic()
                if news.closed:
                    return
                await asyncio.sleep(self._pause)


def _event(name: str, data: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + encoded(data) + b"\n\n"
