"""Logging in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import COOKIE, address_of, caller_of, token_of
from imagedepot.api.rows.session import session_row
from imagedepot.api.v1.services import Parts
from imagedepot.service.access.access import LoggedIn


class SessionCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads
        self._path = parts.root_path or "/"

    async def login(self, request: Request) -> Response:
        """While no user is defined, whatever is sent: everybody is the administrator."""
        if not self._access.has_users:
            return answer(session_row(self._access.anonymous()))
        told = await body.read_form(request)
        username, password = body.text(told, "username"), body.text(told, "password")
        logged_in = await self._threads.password(self._access.login, username, password, address_of(request))
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
        response.set_cookie(
            COOKIE,
            logged_in.token,
            max_age=logged_in.seconds,
            path=self._path,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response
