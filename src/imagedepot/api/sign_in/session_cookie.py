"""Cookies, and the answer that begins or renews a session: its user, with the cookies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import BROWSER_COOKIE, COOKIE
from imagedepot.service.access.caller import LoggedIn
from imagedepot.service.access.known_browsers import LIFETIME
from imagedepot.wire.v1.people.session import Session


def session_answer(request: Request, logged_in: LoggedIn, path: str) -> Response:
    """`path` is the one that the cookies are for."""
    response = answer(Session.of(logged_in.caller))
    lifetimes = {COOKIE: (logged_in.token, logged_in.seconds)}
    if logged_in.browser:
        lifetimes[BROWSER_COOKIE] = (logged_in.browser, int(LIFETIME.total_seconds()))
    for name, (value, seconds) in lifetimes.items():
        set_cookie(request, response, name, value, seconds, path)
    return response


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int, path: str) -> None:
    """Set a cookie that no script can read, and that other sites' pages do not send with a change."""
    is_secure = request.url.scheme == "https"
    response.set_cookie(name, value, seconds, path=path, secure=is_secure, httponly=True, samesite="lax")
