"""Who is asking, as the guard found out; every operation finds it in the request's scope."""

from __future__ import annotations

from starlette.requests import Request

from imagedepot.errors import Forbidden
from imagedepot.model.role import Role
from imagedepot.service.access.access import Caller

KEY = "imagedepot.caller"
COOKIE = "imagedepot_session"
BROWSER_COOKIE = "imagedepot_browser"
_WHO = {
    Role.VIEWER: "a user",
    Role.MEMBER: "a member or an administrator",
    Role.ADMIN: "an administrator",
}


def caller_of(request: Request) -> Caller:
    caller: Caller = request.scope[KEY]
    return caller


def token_of(request: Request) -> str:
    """What the session cookie holds, or nothing."""
    return request.cookies.get(COOKIE, "")


def address_of(request: Request) -> str:
    """Where it came from."""
    return request.client.host if request.client else "the control socket"


def require(request: Request, needed: Role, what: str = "do this") -> None:
    """Raises `Forbidden` when the caller's role does not cover `needed`; `what` ends its sentence."""
    if not caller_of(request).role.covers(needed):
        raise Forbidden(f"Only {_WHO[needed]} may {what}")
