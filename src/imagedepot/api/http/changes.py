"""Every change leaves a line in the log and an event in the audit trail: who, what, from where, with what outcome."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from imagedepot.api.http.caller import caller_of, where
from imagedepot.api.http.errors import status_of
from imagedepot.api.http.operation import Handler
from imagedepot.errors import DepotError
from imagedepot.model.access.audit import AuditEvent, AuditOutcome, Recorder
from imagedepot.model.image import ImageType, titled
from imagedepot.model.text.texts import without_logins
from imagedepot.service.audit.log import audit
from imagedepot.service.monitoring.request import request_id

REFUSED = "request"
"""The action of a request that the guard refused: what it would have done is in its target."""
_DETAIL = "imagedepot.detail"
_TARGET = "imagedepot.target"
_ACTOR = "imagedepot.actor"
_NAMES = ("name", "username", "setting", "host", "pattern", "id", "type")
"""Parts of a path that name what is changed."""
_LONGEST = 500


def logged(handler: Handler, action: str, record: Recorder) -> Handler:
    """Wrap a handler so that its outcome is logged and recorded; `action` is what the audit trail calls it, "" for what
    it does not keep."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except DepotError as error:
            _write(request, action, record, status_of(error), str(error))
            raise
        except ClientDisconnect:
            _write(request, action, record, 400, "The client left before the answer")
            raise
        except Exception:
            _write(request, action, record, 500, "An internal error")
            raise
        _write(request, action, record, response.status_code)
        return response

    return handle


def detail(request: Request, text: str) -> None:
    """Add a detail to the log of a change: a value, an address. Never a password; those in addresses are left out."""
    request.scope[_DETAIL] = text


def target(request: Request, text: str) -> None:
    """Name what is changed, where the path does not."""
    request.scope[_TARGET] = text


def actor(request: Request, username: str) -> None:
    """Name who logs in, who is not known yet."""
    request.scope[_ACTOR] = username


def refused(scope: Scope, status: int, why: str, record: Recorder) -> None:
    """Log and record a change that the guard refused."""
    audit.warning("refused %s from %s: %d %s", _what(scope), where(scope), status, why)
    record(
        AuditEvent(
            datetime.now(UTC),
            "",
            "",
            where(scope),
            REFUSED,
            f"{scope['method']} {scope['path']}",
            AuditOutcome.of(status),
            error=why,
            request=request_id(),
        )
    )


def _write(request: Request, action: str, record: Recorder, status: int, error: str = "") -> None:
    more, error = without_logins(request.scope.get(_DETAIL, "")), without_logins(error)
    what = f"{_what(request.scope)} {_plain(more)}".strip()
    caller = caller_of(request)
    outcome = f"{status} {error}".strip()
    audit.info("change by %s from %s: %s: %s", _plain(caller.shown), where(request.scope), what, _plain(outcome))
    if not action:
        return
    record(
        AuditEvent(
            datetime.now(UTC),
            request.scope.get(_ACTOR, caller.username),
            caller.token_id,
            where(request.scope),
            action,
            _target(request),
            AuditOutcome.of(status),
            more,
            error,
            request_id(),
        )
    )


def _target(request: Request) -> str:
    """What was changed: as the handler named it, else from the path; an image as `name:tag` or `name@digest`."""
    parts = request.path_params
    if "name" in parts and "tag" in parts:
        known = titled(ImageType.DOCKER, parts["name"], parts["tag"])
    else:
        known = next((parts[key] for key in _NAMES if key in parts), "")
    return without_logins(request.scope.get(_TARGET) or known)


def _what(scope: Scope) -> str:
    return f"{scope['method']} {_plain(scope['path'])}"


def _plain(text: str) -> str:
    """The text on one line, whatever a request wrote."""
    return text[:_LONGEST].encode("unicode_escape").decode()
