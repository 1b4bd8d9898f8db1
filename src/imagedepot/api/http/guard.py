"""Who comes in: host, origin and session are looked at before anything else is.

Plain ASGI: it stands before every call, and a call that is let through costs no more than these looks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.api.http.answers import failure
from imagedepot.api.http.caller import COOKIE, KEY
from imagedepot.api.http.changes import refused
from imagedepot.api.http.errors import MISDIRECTED
from imagedepot.api.http.hosts import Hosts
from imagedepot.service.access.access import Access, Caller

_API = "/api"
_WELCOME_SITES = (b"same-origin", b"none")


class Guard:
    """`free` are the (method, path) that need no session."""

    def __init__(self, app: ASGIApp, access: Access, hosts: Hosts, free: Collection[tuple[str, str]]) -> None:
        self._app = app
        self._access = access
        self._hosts = hosts
        self._free = frozenset(free)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        hosts: list[str] = []
        cookies: list[str] = []
        origin = site = None
        for key, value in scope["headers"]:
            if key == b"host":
                hosts.append(value.decode("latin-1"))
            elif key == b"origin":
                origin = value.decode("latin-1")
            elif key == b"sec-fetch-site":
                site = value
            elif key == b"cookie":
                cookies.append(value.decode("latin-1"))
        if len(hosts) != 1 or not self._hosts.answers_to(hosts[0]):
            named = f" ({hosts[0][:100]!r})" if len(hosts) == 1 else ""
            return _refused(
                scope,
                MISDIRECTED,
                f"Image Depot does not answer to this host name{named}; IMAGEDEPOT_ALLOWED_HOSTS names further ones",
            )
        path = scope["path"]
        if path != _API and not path.startswith(_API + "/"):
            return None
        foreign = site is not None and site not in _WELCOME_SITES
        if foreign or (origin is not None and not self._hosts.is_own(origin, scope["scheme"], hosts[0])):
            return _refused(scope, 403, "A web page of another origin may not ask Image Depot")
        caller = self._caller("; ".join(cookies))
        if caller is None:
            if (scope["method"], path) not in self._free:
                return _refused(scope, 401, "Log in first")
            caller = Caller("nobody", is_admin=False, anonymous=True, login=datetime.now(UTC))
        scope[KEY] = caller
        return None

    def _caller(self, cookies: str) -> Caller | None:
        if not self._access.has_users:
            return self._access.anonymous()
        token = cookie_parser(cookies).get(COOKIE)
        return self._access.caller(token) if token else None


class Open:
    """In the guard's place on the control socket: whoever may open it owns the service."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[KEY] = self._access.owner()
        await self._app(scope, receive, send)


def _refused(scope: Scope, status: int, why: str) -> Response:
    if scope["method"] not in ("GET", "HEAD"):
        refused(scope, status, why)
    return failure(status, why)
