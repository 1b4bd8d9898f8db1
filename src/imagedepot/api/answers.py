"""Answers as ready bytes: JSON by orjson, errors in their one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from imagedepot.api.errors import error_body, status_of
from imagedepot.errors import DepotError, TooManyLogins, Unavailable

JSON = "application/json"
# What a browser may do with an answer: nothing but read it.
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def raw(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is encoded already."""
    return Response(body, status, {**HEADERS, **(headers or {})}, JSON)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return raw(orjson.dumps(value), status, headers)


def failure(code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return answer(error_body(code, message), code, headers)


def failed(error: DepotError) -> Response:
    """Says when to come again, where that is known."""
    wait = error.seconds if isinstance(error, TooManyLogins) else None
    if isinstance(error, Unavailable) and error.retry_after is not None:
        wait = int(error.retry_after) + 1
    return failure(status_of(error), str(error), {"Retry-After": str(wait)} if wait is not None else None)
