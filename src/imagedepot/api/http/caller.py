"""The caller, whom the guard puts into the request's scope, and checks of its rights."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Scope

from imagedepot.errors import Forbidden
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import NEEDED_BY
from imagedepot.model.image import ImageType
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference
from imagedepot.service.access.caller import Caller

KEY = "imagedepot.caller"
COOKIE = "imagedepot_session"
PEER = "imagedepot.peer"
"""Key of a request's scope: the address at the other end of its connection, whatever a proxy says of its client."""
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
    """The value of the session cookie, or ""."""
    return request.cookies.get(COOKIE, "")


def address_of(request: Request) -> str:
    """The address that the request came from."""
    return where(request.scope)


def where(scope: Scope) -> str:
    """The address that a request came from, for logs and the audit trail."""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else "the control socket"


def require(request: Request, needed: Role, what: str = "do this") -> None:
    """Raises `Forbidden` when the caller's role does not cover `needed`; `what` ends its sentence."""
    caller = caller_of(request)
    if not caller.role.covers(needed):
        raise Forbidden(f"Only {_WHO[needed]} may {what}")
    if not caller.may(NEEDED_BY[needed]):
        raise Forbidden(f"This access token lacks the scope {NEEDED_BY[needed]}")


def require_person(request: Request) -> None:
    """Raises `Forbidden` for an access token that may not administer: none extends its own rights."""
    if caller_of(request).token is not None:
        require(request, Role.ADMIN)


def require_repository(request: Request, type_: ImageType, name: str) -> None:
    """Raises `Forbidden` when the caller's access token is not for this image, `InvalidInput` for a bad name."""
    caller = caller_of(request)
    if caller.token is not None and not caller.reaches(
        name if type_ is ImageType.LXC else Reference.parse(as_reference(name))
    ):
        raise Forbidden(f"This access token is not for {name[:300]}")


def require_every_repository(request: Request) -> None:
    """Raises `Forbidden` when the caller's access token is for some repositories alone."""
    token = caller_of(request).token
    if token is not None and "*" not in token.repositories:
        raise Forbidden("This access token is for some repositories alone, and this call is about all of them")
