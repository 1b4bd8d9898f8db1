"""Answers from what is known when a request comes: a client of a fleet may have changed it at another node just before.

Plain ASGI, and only where nodes share their rows: one look at what has changed, in a thread, before each call.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Receive, Scope, Send

_AT_ONCE = 4
_ANSWERED = ("/api/", "/v2")


class UpToDate:
    """`catch_up` is given the moment of the request, by `time.monotonic`, and blocks for as long as it takes to know
    what had changed until then. `prefix` is what paths of the API may begin with."""

    def __init__(self, app: ASGIApp, catch_up: Callable[[float], None], prefix: str = "") -> None:
        self._app = app
        self._threads: CapacityLimiter | None = None
        self._catch_up = catch_up
        self._prefixes = tuple({*_ANSWERED, *(f"{prefix}{each}" for each in _ANSWERED)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
            self._threads = self._threads or CapacityLimiter(_AT_ONCE)
            await run_sync(self._catch_up, time.monotonic(), limiter=self._threads)
        await self._app(scope, receive, send)
