"""Compresses JSON answers for clients that accept gzip.

Answers to reads alone: a secret of ours (a new token, a new password) stands only in the answer to a change, so no page
can learn one from the length of an answer into which it brought a guess (BREACH). Streams of events pass as they are:
each event has to arrive at once.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import lru_cache

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagedepot.api.http.operation import JSON

LEAST = 1000  # bytes; less is not worth the work
_LARGE = 32 << 10  # from here on in a thread: the event loop has other callers
_KEPT = 4  # large answers that are asked for again and again, such as the list of local images
_LEVEL = 5

_Headers = Sequence[tuple[bytes, bytes]]


class Compressed:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._large = lru_cache(_KEPT)(_gzip)

    @property
    def compressions(self) -> int:
        """How many large answers were compressed; the others came from the cache."""
        return self._large.cache_info().misses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def compressing(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_json(message["headers"]):
                start = message
                return
            if start is not None:
                head, start = start, None
                whole = not message.get("more_body", False)
                if whole and scope["method"] == "GET" and len(message.get("body", b"")) >= LEAST:
                    head, message = await self._smaller(head, message, takes_gzip(scope["headers"]))
                await send(head)
            await send(message)

        await self._app(scope, receive, compressing)

    async def _smaller(self, head: Message, message: Message, is_taken: bool) -> tuple[Message, Message]:
        headers = [*head["headers"], (b"vary", b"Accept-Encoding")]
        if not is_taken:
            return {**head, "headers": headers}, message
        body = bytes(message["body"])
        body = _gzip(body) if len(body) < _LARGE else await run_sync(self._large, body)
        headers = [(key, value) for key, value in headers if key.lower() != b"content-length"]
        headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        return {**head, "headers": headers}, {**message, "body": body}


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _is_json(headers: _Headers) -> bool:
    kinds = {key.lower(): value for key, value in headers}
    return kinds.get(b"content-type", b"").startswith(JSON.encode()) and b"content-encoding" not in kinds


def takes_gzip(headers: _Headers) -> bool:
    """Whether `Accept-Encoding` names gzip, or everything, and does not forbid it (`q=0`)."""
    accepted: dict[str, bool] = {}
    for key, value in headers:
        if key != b"accept-encoding":
            continue
        for each in value.decode("latin-1").lower().split(","):
            name, *parameters = (part.strip() for part in each.split(";"))
            accepted[name] = not any(_is_zero(parameter) for parameter in parameters)
    return accepted.get("gzip", accepted.get("*", False))


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and not value.strip().strip("0.")
