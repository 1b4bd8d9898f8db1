"""Authenticates callers of `/v2/`: by a token of `/v2/token`, an access token, or a user name and a password.

No cookie counts here, and no web page may ask.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request

from imagedepot.errors import TooManyLogins, Unauthenticated
from imagedepot.model.access.scope import Scope
from imagedepot.model.names.host_port import HostPort, is_forwarding, is_loopback, is_loopback_address
from imagedepot.registry.access.login_events import LoginEvents
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.routes import Kind, Target
from imagedepot.registry.threads import Threads
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import Caller
from imagedepot.service.access.registry_tokens import RegistryTokens
from imagedepot.service.access.setup import Setup, SetupRequired

_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 1000
_LOG_IN = "Log in first (docker login)"
_ASK_FOR = {Scope.PULL: "pull", Scope.PUSH: "pull,push", Scope.ADMIN: "delete"}


class Callers:
    """Authenticates callers. A password is costly to check, so a correct one is remembered for a minute.

    `anonymous_pull` returns whether everybody on the network may pull; `public_url` is the address of the service as
    its clients know it, "" for the one that each request is for.
    """

    def __init__(
        self,
        access: Access,
        setup: Setup,
        tokens: RegistryTokens,
        threads: Threads,
        anonymous_pull: Callable[[], bool],
        public_url: str,
        logins: LoginEvents,
    ) -> None:
        self._logins = logins
        self._access = access
        self._setup = setup
        self._tokens = tokens
        self._threads = threads
        self._anonymous_pull = anonymous_pull
        self._public_url = public_url
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[Caller, object, float]] = OrderedDict()

    async def identify(self, request: Request, target: Target, needed: Scope) -> Caller:
        """The caller of a request. Raises `Refusal`, `SetupRequired`, `TooManyLogins`."""
        self._check_is_machine(request)
        if not self._access.has_users:
            self._check_may_be_anonymous(request)
            return self._access.anonymous()
        header = request.headers.get("authorization", "")
        if not header:
            visitor = self._visitor() if needed is Scope.PULL and target.kind is not Kind.BASE else None
            if visitor is None:
                raise self.challenge(request, _LOG_IN, target, needed)
            return visitor
        scheme, _, value = header.partition(" ")
        grant = self._tokens.find(value.strip(), self._visitor) if scheme.lower() == "bearer" else None
        if grant is not None:
            if target.name and grant.caller.may(needed) and not grant.covers(target.name, needed):
                raise self.challenge(request, "The token is for something else", target, needed, "insufficient_scope")
            return grant.caller
        caller = self._access.authenticate(header)
        if caller is None and scheme.lower() == "bearer":
            raise self.challenge(request, "The token is not valid, or has expired", target, needed, "invalid_token")
        try:
            return caller or await self._by_password(request, header)
        except Unauthenticated as error:
            raise self.challenge(request, str(error), target, needed) from error

    async def for_token(self, request: Request, username: str | None, password: str) -> Caller:
        """The caller that asks for a token: by `username` and `password` of a form, by the header, else anonymous.

        Raises `Refusal`, `SetupRequired`, `TooManyLogins`.
        """
        self._check_is_machine(request)
        if not self._access.has_users:
            self._check_may_be_anonymous(request)
            return self._access.anonymous()
        header = request.headers.get("authorization", "")
        if username is not None:
            header = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        if not header:
            visitor = self._visitor()
            if visitor is None:
                raise _unauthorized(_LOG_IN)
            return visitor
        try:
            caller = self._access.authenticate(header) or await self._by_password(request, header)
        except Unauthenticated as error:
            raise _unauthorized(str(error)) from error
        return caller

    async def note_use(self, caller: Caller) -> None:
        """Save now and then that an access token was used."""
        if caller.token is not None and self._access.tokens.is_use_due(caller.token.id):
            await run_sync(self._access.tokens.note_use, caller.token.id)

    def challenge(self, request: Request, why: str, target: Target, needed: Scope, error: str = "") -> Refusal:
        """The challenge that names where to get a token and for what, as Docker's token servers specify."""
        host = request.headers.get("host", "")
        if HostPort.parse(host) is None:
            return Refusal(Code.UNAUTHORIZED, why)
        address = self._public_url or f"{request.url.scheme}://{host}"
        parts = {"realm": f"{address}/v2/token", "service": address.partition("://")[2]}
        if target.name:
            parts["scope"] = f"repository:{target.name}:{_ASK_FOR[needed]}"
        elif target.kind is Kind.CATALOG:
            parts["scope"] = "registry:catalog:*"
        if error:
            parts["error"] = error
        described = ",".join(f'{key}="{_quotable(value)}"' for key, value in parts.items())
        return Refusal(Code.UNAUTHORIZED, why, headers={"WWW-Authenticate": f"Bearer {described}"})

    def _visitor(self) -> Caller | None:
        return self._access.visitor() if self._anonymous_pull() else None

    async def _by_password(self, request: Request, header: str) -> Caller:
        """Raises `Unauthenticated`, `TooManyLogins`."""
        key = hashlib.sha256(self._secret + header.encode("utf-8", "replace")).digest()
        known = self._known.get(key)
        if known is not None:
            caller, stamp, until = known
            if until > time.monotonic() and self._access.stamp(caller.username) is stamp:
                return caller
        username, password = _basic(header)
        address = request.client.host if request.client else ""
        try:
            attempt, stamp = self._access.attempt(username, address), self._access.stamp(username)
            await anyio.sleep(attempt.delay)
            caller = await self._threads.password(self._access.identify, attempt, password)
        except (Unauthenticated, TooManyLogins) as error:
            self._logins.refused(username, address, str(error))
            raise
        self._logins.succeeded(caller.username, address)
        self._known[key] = caller, stamp, time.monotonic() + _REMEMBERED_SECONDS
        while len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def _check_is_machine(self, request: Request) -> None:
        for name in request.headers:
            if name == "origin" or name.startswith("sec-fetch-"):
                raise Refusal(Code.DENIED, "A web page may not ask the registry")

    def _check_may_be_anonymous(self, request: Request) -> None:
        """While no user is defined only this machine itself is served, whose requests no proxy passes on.

        A service that other machines can reach serves no caller then. Raises `Refusal`, `SetupRequired`.
        """
        if self._setup.is_reachable:
            raise SetupRequired
        hosts = request.headers.getlist("host")
        forwarded = any(is_forwarding(name) for name, _ in request.scope["headers"])
        is_near = request.client is not None and is_loopback_address(request.client.host)
        if len(hosts) != 1 or not is_loopback(hosts[0]) or forwarded or not is_near:
            raise Refusal(
                Code.DENIED,
                "No user is defined, so only this machine itself is served; first run `imagedepot user add NAME` on "
                "the machine of the service",
            )


def _unauthorized(why: str) -> Refusal:
    """The error of the token server itself, which takes a name and a password."""
    return Refusal(Code.UNAUTHORIZED, why, headers={"WWW-Authenticate": 'Basic realm="Image Depot"'})


def _quotable(text: str) -> str:
    return "".join(each for each in text if each.isprintable() and each.isascii() and each not in '"\\')


def _basic(header: str) -> tuple[str, str]:
    """User and password of a header `Authorization`. Raises `Unauthenticated`."""
    scheme, _, value = header.partition(" ")
    try:
        username, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        username = colon = password = ""
    if scheme.lower() != "basic" or not colon:
        raise Unauthenticated("Log in with a user name and a password")
    return username, password
