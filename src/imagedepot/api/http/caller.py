"""Who is asking, as the guard found out; every operation finds it in the request's scope."""

from __future__ import annotations

from starlette.requests import Request

from imagedepot.errors import Forbidden
from imagedepot.service.access.access import Caller

KEY = "imagedepot.caller"
COOKIE = "imagedepot_session"
BROWSER_COOKIE = "imagedepot_browser"
NOT_AN_ADMINISTRATOR = "Only an administrator may do this"


def caller_of(request: Request) -> Caller:
    caller: Caller = request.scope[KEY]
    return caller


def token_of(request: Request) -> str:
    """What the session cookie holds, or nothing."""
    return request.cookies.get(COOKIE, "")


def address_of(request: Request) -> str:
    """Where it came from."""
    return request.client.host if request.client else "the control socket"


def administrator(request: Request, why: str) -> None:
    """Raises `Forbidden`, with `why` as the sentence, for everybody else."""
    if not caller_of(request).is_admin:
        raise Forbidden(why)
