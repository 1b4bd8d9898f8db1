"""The guard: checks host, origin and session of a request before anything else.

Plain ASGI: it runs before every call, and a call that passes costs no more than these checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from anyio.to_thread import run_sync
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.api.http.answers import failure
from imagedepot.api.http.caller import COOKIE, KEY, PEER, where
from imagedepot.api.http.changes import refused
from imagedepot.api.http.errors import MISDIRECTED
from imagedepot.api.http.hosts import Hosts
from imagedepot.api.http.operation import BASE
from imagedepot.errors import StorageFailure
from imagedepot.files.limited_log import LimitedLog
from imagedepot.model.access.audit import Recorder
from imagedepot.model.names.host_port import is_forwarding, is_loopback, is_loopback_address
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import Caller
from imagedepot.service.access.proxy_sign_in import ProxySignIn
from imagedepot.service.access.setup import Setup, SetupRequired
from imagedepot.service.audit.log import audit

SETUP = ("POST", f"{BASE}/session/setup")
"""The one call of setup mode."""
_API = "/api"
_WELCOME_SITES = (b"same-origin", b"none")


class Guard:
    """`free` are the (method, path) that need no session. `probes` are paths that answer everybody, under every host
    name: who is refused elsewhere is an anonymous caller there. `misdirected` makes the page for an unknown host."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        setup: Setup,
        hosts: Hosts,
        free: Collection[tuple[str, str]],
        misdirected: Callable[[str], Response],
        proxy_sign_in: ProxySignIn,
        probes: Collection[str] = (),
        guarded: Collection[str] = (),
        record: Recorder = lambda _: None,
    ) -> None:
        """`guarded` are further paths, beside those below `/api`, that need a session or a token; `record` keeps
        changes that were refused."""
        self._record = record
        self._app = app
        self._probes = frozenset(probes)
        self._guarded = frozenset(guarded)
        self._access = access
        self._setup = setup
        self._hosts = hosts
        self._free = frozenset(free)
        self._misdirected = misdirected
        self._proxy_sign_in = proxy_sign_in
        self._log = LimitedLog(audit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in self._probes:
            if self._refusal(scope) is not None:
                scope[KEY] = self._access.visitor()
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if KEY in scope:
            await self._note(scope[KEY])
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        hosts: list[str] = []
        cookies: list[str] = []
        origin = site = forwarding = None
        authorization = accepted = ""
        for key, value in scope["headers"]:
            if key == b"host":
                hosts.append(value.decode("latin-1"))
            elif key == b"origin":
                origin = value.decode("latin-1")
            elif key == b"sec-fetch-site":
                site = value
            elif key == b"cookie":
                cookies.append(value.decode("latin-1"))
            elif key == b"authorization":
                authorization = value.decode("latin-1")
            elif key == b"accept":
                accepted = value.decode("latin-1")
            elif is_forwarding(key):
                forwarding = key.decode("latin-1")
        path = scope["path"]
        if len(hosts) != 1 or not self._hosts.answers_to(hosts[0]):
            if "text/html" in accepted.lower() and not self._is_guarded(path):
                return self._misdirected(hosts[0] if len(hosts) == 1 else "")
            return self._refused(
                scope,
                MISDIRECTED,
                _unknown_host(hosts),
            )
        if not self._is_guarded(path):
            return None
        foreign = site is not None and site not in _WELCOME_SITES
        if foreign or (origin is not None and not self._hosts.is_own(origin, scope["scheme"], hosts[0])):
            return self._refused(scope, 403, "A web page of another origin may not ask Image Depot")
        if not self._access.has_users and self._setup.is_reachable:
            if (scope["method"], path) != SETUP:
                error = SetupRequired()
                return self._refused(scope, 401, str(error), reason=error.code)
        elif not self._access.has_users:
            stranger = _stranger(scope, hosts[0], origin, forwarding)
            if stranger:
                why = (
                    f"No user is defined, so only this machine itself is served, and this request came {stranger}; "
                    "first run `imagedepot user add NAME` on the machine of the service"
                )
                if path not in self._probes:
                    self._log.warning("stranger", f"refused a request from {where(scope)}: {why}")
                return self._refused(scope, 403, why)
        caller = self._caller(scope, "; ".join(cookies), authorization)
        if caller is None:
            if (scope["method"], path) not in self._free:
                if authorization:
                    return self._refused(scope, 401, "This is no valid access token", {"WWW-Authenticate": "Bearer"})
                return self._refused(scope, 401, "Log in first")
            caller = self._access.visitor()
        scope[KEY] = caller
        return None

    def _is_guarded(self, path: str) -> bool:
        return path == _API or path.startswith(_API + "/") or path in self._guarded or path in self._probes

    def _caller(self, scope: Scope, cookies: str, authorization: str) -> Caller | None:
        """The caller: as a proxy that signs people in names it, by session, else by access token.

        A proxy may send an `Authorization` of its own along with a session.
        """
        if not self._access.has_users:
            return None if self._setup.is_reachable else self._access.anonymous()
        if caller := self._proxy_sign_in.caller(scope.get(PEER, ""), scope["headers"]):
            return caller
        token = cookie_parser(cookies).get(COOKIE)
        caller = self._access.caller(token) if token else None
        return caller or (self._access.authenticate(authorization) if authorization else None)

    def _refused(
        self,
        scope: Scope,
        status: int,
        why: str,
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            refused(scope, status, why, self._record)
        return failure(status, why, headers, reason)

    async def _note(self, caller: Caller) -> None:
        """Save the user whom a proxy has signed in, and now and then the use of an access token."""
        if caller.vouched_for and not self._access.is_kept(caller):
            try:
                await run_sync(self._access.keep_vouched_for, caller)
            except StorageFailure as error:
                self._log.warning("keep", f"cannot write down the user {caller.username}: {error}")
        tokens = self._access.tokens
        if caller.token is not None and tokens.is_use_due(caller.token.id):
            await run_sync(tokens.note_use, caller.token.id)


class Open:
    """Stands in for the guard on the control socket: a caller who can open it owns the service."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[KEY] = self._access.owner()
        await self._app(scope, receive, send)


def _unknown_host(hosts: list[str]) -> str:
    if len(hosts) != 1:
        return "The request has to name one host."
    return f'"{hosts[0][:100]}" is not an allowed host name. Add it to IMAGEDEPOT_ALLOWED_HOSTS.'


def _stranger(scope: Scope, host: str, origin: str | None, forwarding: str | None) -> str:
    """Why a request seems not to come from this machine; "" when it does.

    A reverse proxy on this machine connects from loopback as well, so the address of the peer alone proves nothing.
    """
    if forwarding is not None:
        return f"through a proxy ({forwarding.title()})"
    if not is_loopback(host):
        return f"under the host name {host[:100]}"
    if origin is not None and not is_loopback(origin.partition("://")[2]):
        return f"from a page of {origin[:100]}"
    client = scope.get("client")
    if not client or not is_loopback_address(client[0]):
        return f"from {where(scope)}"
    return ""
