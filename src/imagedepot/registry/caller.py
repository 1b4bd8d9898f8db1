"""Who asks `/v2/`: a machine, by user name and password. No cookie counts here, and no web page may ask."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from collections import OrderedDict

import anyio
from starlette.requests import Request

from imagedepot.errors import Unauthenticated
from imagedepot.model.names.host_port import is_forwarding, is_loopback, is_loopback_address
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.threads import Threads
from imagedepot.service.access.access import Access, Caller

_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 1000
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Image Depot"'}


class Callers:
    """A password is costly to check, so a correct one counts for a minute."""

    def __init__(self, access: Access, threads: Threads) -> None:
        self._access = access
        self._threads = threads
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[Caller, object, float]] = OrderedDict()

    async def identify(self, request: Request) -> Caller:
        """Raises `Refusal`, `TooManyLogins`."""
        for name in request.headers:
            if name == "origin" or name.startswith("sec-fetch-"):
                raise Refusal(Code.DENIED, "A web page may not ask the registry")
        if not self._access.has_users:
            self._check_is_local(request)
            return self._access.anonymous()
        header = request.headers.get("authorization", "")
        if not header:
            raise Refusal(Code.UNAUTHORIZED, "Log in first (docker login)", headers=CHALLENGE)
        caller = self._access.authenticate(header)
        return caller if caller is not None else await self._by_password(request, header)

    async def _by_password(self, request: Request, header: str) -> Caller:
        key = hashlib.sha256(self._secret + header.encode()).digest()
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
        except Unauthenticated as error:
            raise Refusal(Code.UNAUTHORIZED, str(error), headers=CHALLENGE) from error
        self._known[key] = caller, stamp, time.monotonic() + _REMEMBERED_SECONDS
        while len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def _check_is_local(self, request: Request) -> None:
        """While no user is defined only this machine itself is served, whose requests no proxy passes on."""
        hosts = request.headers.getlist("host")
        forwarded = any(is_forwarding(name) for name, _ in request.scope["headers"])
        is_near = request.client is not None and is_loopback_address(request.client.host)
        if len(hosts) != 1 or not is_loopback(hosts[0]) or forwarded or not is_near:
            raise Refusal(
                Code.DENIED,
                "No user is defined, so only this machine itself is served; first run `imagedepot user add NAME` on "
                "the machine of the service",
            )


def _basic(header: str) -> tuple[str, str]:
    """User and password of a header `Authorization`. Raises `Refusal`."""
    scheme, _, value = header.partition(" ")
    try:
        username, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        username = colon = password = ""
    if scheme.lower() != "basic" or not colon:
        raise Refusal(Code.UNAUTHORIZED, "Log in with a user name and a password", headers=CHALLENGE)
    return username, password
