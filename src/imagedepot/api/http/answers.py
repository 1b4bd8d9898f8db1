"""Answers as ready bytes: JSON by msgspec, and every failure in one shape, also those of the web framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from imagedepot.api.http.errors import PHRASES, reason_of, status_of
from imagedepot.api.http.operation import JSON
from imagedepot.errors import DepotError, seconds_to_wait
from imagedepot.model.text.json_text import json_text
from imagedepot.wire.v1.base import Error

_encode = msgspec.json.Encoder().encode

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
    """Encode as JSON; falls back to the standard library for what msgspec rejects (lone surrogates)."""
    try:
        return _encode(value)
    except (TypeError, OverflowError, UnicodeEncodeError):
        return json_text(msgspec.to_builtins(value), separators=(",", ":")).encode()


def failure(status: int, message: str, headers: Mapping[str, str] | None = None, reason: str | None = None) -> Response:
    """`reason` is None for the usual one of the status."""
    return answer(Error.of(status, reason or reason_of(status), message), status, headers)


def failed(error: DepotError) -> Response:
    """The answer to an error, with `Retry-After` where it is known when to try again."""
    wait = seconds_to_wait(error)
    headers = {"Retry-After": str(wait)} if wait is not None else None
    return failure(status_of(error), str(error), headers, error.code)


def handle_failures(app: Starlette) -> None:
    """Register with `app` how each failure is answered."""
    app.exception_handlers.update(
        {DepotError: _known, HTTPException: _framework, ClientDisconnect: _gone, Exception: _unknown}
    )


async def _known(_: Request, error: Exception) -> Response:
    if not isinstance(error, DepotError):
        raise error
    return failed(error)


async def _framework(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = error.detail or PHRASES.get(error.status_code, "It did not work")
    return failure(error.status_code, message, error.headers)


async def _gone(_: Request, __: Exception) -> Response:
    """The answer to a client that left in the middle of the body; nobody reads it."""
    return failure(400, "The body ended too early")


async def _unknown(_: Request, __: Exception) -> Response:
    """A fault of ours: the log has its traceback, the answer has none."""
    return failure(500, "An internal error; the log of the service tells more")
