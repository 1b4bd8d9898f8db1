"""Answers every failure in the one shape of errors, also those of the web framework."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from imagedepot.api.http.answers import failed, failure
from imagedepot.api.http.errors import PHRASES
from imagedepot.errors import DepotError


def handle_failures(app: Starlette) -> None:
    """Tell `app` how each failure is answered."""
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
    """An answer that is not read: the client left in the middle of the body."""
    return failure(400, "The body ended too early")


async def _unknown(_: Request, __: Exception) -> Response:
    """A fault of ours: the log has its traceback, the answer has none."""
    return failure(500, "An internal error; the log of the service tells more")
