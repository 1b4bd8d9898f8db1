"""Logs every change: user, change, outcome; the log's format adds the time (UTC)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from imagedepot.api.http.caller import caller_of
from imagedepot.api.http.errors import status_of
from imagedepot.api.http.operation import Handler
from imagedepot.errors import DepotError
from imagedepot.service.access.audit import audit

_DETAIL = "imagedepot.detail"
_LONGEST = 500


def logged(handler: Handler) -> Handler:
    """Wrap a handler so that its outcome is logged."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except DepotError as error:
            _write(request, f"{status_of(error)} {error}")
            raise
        except Exception:
            _write(request, "500, an internal error")
            raise
        _write(request, str(response.status_code))
        return response

    return handle


def detail(request: Request, text: str) -> None:
    """Add a detail to the log of a change: a value, an address. Never a password."""
    request.scope[_DETAIL] = text


def refused(scope: Scope, status: int, why: str) -> None:
    """Log a change that the guard refused."""
    audit.warning("refused %s from %s: %d %s", _what(scope), where(scope), status, why)


def _write(request: Request, outcome: str) -> None:
    more = request.scope.get(_DETAIL, "")
    what = f"{_what(request.scope)} {_plain(more)}".strip()
    who = _plain(caller_of(request).shown)
    audit.info("change by %s from %s: %s: %s", who, where(request.scope), what, _plain(outcome))


def _what(scope: Scope) -> str:
    return f"{scope['method']} {_plain(scope['path'])}"


def where(scope: Scope) -> str:
    """The address that a request came from, for a line of the log."""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else "the control socket"


def _plain(text: str) -> str:
    """On one line, whatever a request wrote."""
    return text[:_LONGEST].encode("unicode_escape").decode()
