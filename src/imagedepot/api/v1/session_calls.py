"""Logging in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import Lock, sleep
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import BROWSER_COOKIE, COOKIE, address_of, caller_of, token_of
from imagedepot.api.rows.session import session_row
from imagedepot.api.v1.services import Parts
from imagedepot.service.access.access import LoggedIn
from imagedepot.service.access.known_browsers import LIFETIME


class SessionCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads
        self._path = parts.root_path or "/"
        self._turns = _Turns()

    async def login(self, request: Request) -> Response:
        """While no user is defined, whatever is sent: everybody is the administrator."""
        if not self._access.has_users:
            return answer(session_row(self._access.anonymous()))
        told = await body.read_form(request)
        username, password = body.text(told, "username"), body.text(told, "password")
        attempt = self._access.attempt(username, address_of(request), request.cookies.get(BROWSER_COOKIE, ""))
        await sleep(attempt.delay)
        async with self._turns.of(attempt.source):
            logged_in = await self._threads.password(self._access.login, attempt, password)
        return self._with_cookie(request, logged_in)

    async def refresh(self, request: Request) -> Response:
        token = token_of(request)
        if not token or self._access.caller(token) is None:
            return answer(session_row(caller_of(request)))
        return self._with_cookie(request, await self._threads.local(self._access.renew, token))

    async def logout(self, request: Request) -> Response:
        token = token_of(request)
        if token:
            await self._threads.local(self._access.logout, token)
        response = answer({"username": caller_of(request).username})
        response.delete_cookie(COOKIE, self._path, httponly=True, samesite="lax")
        return response

    def _with_cookie(self, request: Request, logged_in: LoggedIn) -> Response:
        response = answer(session_row(logged_in.caller))
        lifetimes = {COOKIE: (logged_in.token, logged_in.seconds)}
        if logged_in.browser:
            lifetimes[BROWSER_COOKIE] = (logged_in.browser, int(LIFETIME.total_seconds()))
        for name, (value, seconds) in lifetimes.items():
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path=self._path,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
        return response


class _Turns:
    """One login of a source at a time: a flood from one address leaves the line to the others."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[Lock, int]] = {}  # with how many hold or want it

    @asynccontextmanager
    async def of(self, source: str) -> AsyncIterator[None]:
        lock, wanted = self._locks.get(source, (Lock(), 0))
        self._locks[source] = (lock, wanted + 1)
        try:
            async with lock:
                yield
        finally:
            _, wanted = self._locks.pop(source)
            if wanted > 1:
                self._locks[source] = (lock, wanted - 1)
