"""Around every request: gives it an id, and counts how it was answered."""

from __future__ import annotations

import time
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagedepot.service.monitoring.request import begin_request

HEADER = b"x-request-id"


class RequestFigures(Protocol):
    """Counts requests."""

    def begun(self) -> None: ...

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer, whose head was sent `seconds` after the request came."""

    def ended(self) -> None: ...


class RequestWatch:
    """`trusts_proxy`: a request's own `X-Request-Id` counts, since a proxy gave it. `figures` is None for no counts."""

    def __init__(self, app: ASGIApp, trusts_proxy: bool, figures: RequestFigures | None = None) -> None:
        self._app = app
        self._trusts_proxy = trusts_proxy
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        note = begin_request(self._given(scope))
        figures = self._figures

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, note.id.encode())]}
                if figures is not None:
                    figures.answered(scope["method"], note.route, message["status"], time.perf_counter() - begun)
            await send(message)

        if figures is None:
            await self._app(scope, receive, watched)
            return
        figures.begun()
        try:
            await self._app(scope, receive, watched)
        finally:
            figures.ended()

    def _given(self, scope: Scope) -> str:
        if not self._trusts_proxy:
            return ""
        return next((value.decode("latin-1") for key, value in scope["headers"] if key == HEADER), "")
