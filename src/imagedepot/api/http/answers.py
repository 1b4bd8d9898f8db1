"""Answers as ready bytes: JSON by orjson, errors in their one shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from imagedepot.api.http.errors import error_body, status_of
from imagedepot.api.http.operation import JSON
from imagedepot.errors import DepotError, RateLimited, TooManyLogins, Unavailable

# What a browser may do with an answer: nothing but read it, and only on a page of ours.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def raw(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is encoded already."""
    return Response(body, status, {**HEADERS, **(headers or {})}, JSON)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return raw(encoded(value), status, headers)


def encoded(value: Any) -> bytes:
    """JSON of whatever is in an image: numbers of more than 64 bits, halves of characters, a hundred levels."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def failure(code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return answer(error_body(code, message), code, headers)


def failed(error: DepotError) -> Response:
    """Says when to come again, where that is known."""
    wait = _seconds(error)
    return failure(status_of(error), str(error), {"Retry-After": str(wait)} if wait is not None else None)


def _seconds(error: DepotError) -> int | None:
    if isinstance(error, TooManyLogins):
        return error.seconds
    if isinstance(error, RateLimited) and error.until is not None:
        return max(1, int((error.until - datetime.now(UTC)).total_seconds()) + 1)
    if isinstance(error, Unavailable) and error.retry_after is not None:
        return int(error.retry_after) + 1
    return None
