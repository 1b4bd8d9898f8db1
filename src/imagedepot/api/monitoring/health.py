"""`/healthz`: the service is alive. `/readyz`: it can do its work, or which part of it cannot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from imagedepot.api.http.answers import HEADERS, answer
from imagedepot.api.http.caller import caller_of
from imagedepot.service.monitoring.readiness import Checked, Readiness
from imagedepot.service.monitoring.request import note_route
from imagedepot.wire import health as wire

ALIVE, READY = "/healthz", "/readyz"
PROBES = frozenset({ALIVE, READY})
_FRESH_SECONDS = 1.0


class HealthCalls:
    """`upstreams` returns why the last request to each failed, "" if it did not.

    However many ask, the checks run once a second at most, in one thread.
    """

    def __init__(self, readiness: Readiness, upstreams: Callable[[], Mapping[str, str]]) -> None:
        self._readiness = readiness
        self._upstreams = upstreams
        self._line = CapacityLimiter(1)
        self._running: asyncio.Task[Sequence[Checked]] | None = None
        self._ended = 0.0

    async def alive(self, request: Request) -> Response:
        note_route(ALIVE)
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def ready(self, request: Request) -> Response:
        """Answer `/readyz`: which part fails, if any; only administrators are shown paths and addresses."""
        note_route(READY)
        caller = caller_of(request)
        checked = await self.checked()
        upstreams = {} if caller.anonymous and not caller.is_admin else self._upstreams()
        found = wire.Readiness.of(checked, upstreams, with_reasons=caller.is_admin)
        return answer(found, 200 if found.ready else 503)

    async def checked(self) -> Sequence[Checked]:
        """The current results of all checks; those of the last second are used again."""
        running = self._running
        if running is None or (running.done() and time.monotonic() - self._ended > _FRESH_SECONDS):
            running = self._running = asyncio.create_task(self._check())
        return await asyncio.shield(running)

    async def _check(self) -> Sequence[Checked]:
        try:
            return await run_sync(self._readiness.now, limiter=self._line)
        finally:
            self._ended = time.monotonic()


def health_routes(calls: HealthCalls) -> Sequence[Route]:
    return [Route(ALIVE, calls.alive, methods=["GET"]), Route(READY, calls.ready, methods=["GET"])]
