"""Sign-in by OpenID Connect: the web UI begins it, and finishes it with what the browser brings back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from anyio import sleep
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import address_of
from imagedepot.api.http.changes import actor, detail
from imagedepot.api.http.operation import Operation
from imagedepot.api.services import Parts
from imagedepot.api.sign_in.session_cookie import session_answer, set_cookie
from imagedepot.service.access.openid import SECONDS
from imagedepot.wire.v1.people.session import FinishedSignIn, Session, SignInAddress, SignInOffer

COOKIE = "imagedepot_sign_in"
PAGE = "/sign-in"
"""The page of the web UI that the provider sends the browser back to."""
_GROUP = "Session"


class OpenIdCalls:
    def __init__(self, parts: Parts) -> None:
        self._openid = parts.openid
        self._threads = parts.threads
        self._root_path = parts.root_path
        self._path = parts.root_path or "/"
        self._host = parts.openid.host

    async def offer(self, _: Request) -> Response:
        return answer(SignInOffer(name=self._openid.name))

    async def begin(self, request: Request) -> Response:
        uri = f"{request.url.scheme}://{request.headers['host']}{self._root_path}{PAGE}"
        url, cookie = await self._threads.upstream(request, self._host, partial(self._openid.begin, uri))
        response = answer(SignInAddress(url=url))
        set_cookie(request, response, COOKIE, cookie, SECONDS, self._path)
        return response

    async def finish(self, request: Request) -> Response:
        finished = await body.read_json(request, FinishedSignIn)
        attempt = self._openid.attempt(address_of(request))
        await sleep(attempt.delay)
        work = partial(self._openid.finish, attempt, request.cookies.get(COOKIE, ""), finished.state, finished.code)
        detail(request, "identity provider")
        logged_in = await self._threads.upstream(request, self._host, work)
        actor(request, logged_in.caller.username)
        response = session_answer(request, logged_in, self._path)
        response.delete_cookie(COOKIE, self._path, httponly=True, samesite="lax")
        return response


def operations(parts: Parts) -> Iterator[Operation]:
    calls = OpenIdCalls(parts)
    yield Operation(
        "GET",
        "/session/openid",
        calls.offer,
        _GROUP,
        "Whether there is an identity provider to sign in at.",
        SignInOffer,
        free=True,
    )
    yield Operation(
        "POST",
        "/session/openid",
        calls.begin,
        _GROUP,
        "Begin a sign-in at the identity provider.",
        SignInAddress,
        "Send the browser to `url`. It comes back to the page `/sign-in` with `code` and `state` in its query.",
        errors=(404, 409, 502, 503, 504),
        free=True,
    )
    yield Operation(
        "POST",
        "/session/openid/finish",
        calls.finish,
        _GROUP,
        "Finish a sign-in at the identity provider.",
        Session,
        "In the browser that began it, within ten minutes. The answer sets the session's cookie.",
        body=FinishedSignIn,
        errors=(404, 409, 429, 502, 503, 504, 507),
        free=True,
    )
