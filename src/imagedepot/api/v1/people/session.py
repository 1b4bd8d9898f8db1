"""Logging in and out, and the sessions that are open."""

from __future__ import annotations

from collections.abc import Iterator

from anyio import Lock, sleep
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import BROWSER_COOKIE, COOKIE, address_of, caller_of, require_person, token_of
from imagedepot.api.http.changes import actor, detail, target
from imagedepot.api.http.operation import FORM, JSON, Operation, path_part
from imagedepot.api.http.threads import Keyed
from imagedepot.api.services import Parts
from imagedepot.api.sign_in.session_cookie import session_answer
from imagedepot.model.access.role import Role
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.people.session import FirstUser, LoggedOut, Login, OpenSession, Session

_GROUP = "Session"
_ID = path_part("id", "The session's `id`, of `GET /sessions`.")


class SessionCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._setup = parts.setup
        self._threads = parts.threads
        self._path = parts.root_path or "/"
        self._turns = Keyed(Lock)

    async def login(self, request: Request) -> Response:
        """Log in. While no user is defined the body is ignored, because every caller is an administrator."""
        if not self._access.has_users:
            return answer(Session.of(self._access.anonymous()))
        login = await body.read_form(request, Login)
        actor(request, login.username)
        attempt = self._access.attempt(login.username, address_of(request), request.cookies.get(BROWSER_COOKIE, ""))
        await sleep(attempt.delay)
        # One login of a source at a time: a flood from one address leaves the line to the others.
        with self._turns.of(attempt.source) as turn:
            async with turn:
                logged_in = await self._threads.password(self._access.login, attempt, login.password)
        return session_answer(request, logged_in, self._path)

    async def set_up(self, request: Request) -> Response:
        first = await body.read_json(request, FirstUser)
        actor(request, first.username)
        attempt = self._setup.attempt(address_of(request))
        await sleep(attempt.delay)
        detail(request, f"username={first.username}")
        logged_in = await self._threads.password(
            self._setup.finish, attempt, first.code, first.username, first.password
        )
        return session_answer(request, logged_in, self._path)

    async def refresh(self, request: Request) -> Response:
        token = token_of(request)
        if not token or self._access.caller(token) is None:
            return answer(Session.of(caller_of(request)))
        return session_answer(request, await self._threads.local(self._access.renew, token), self._path)

    async def logout(self, request: Request) -> Response:
        token = token_of(request)
        if token:
            await self._threads.local(self._access.logout, token)
        response = answer(LoggedOut(username=caller_of(request).username))
        response.delete_cookie(COOKIE, self._path, httponly=True, samesite="lax")
        return response

    async def list(self, request: Request) -> Response:
        own = self._access.session_of(token_of(request))
        sessions = self._access.sessions(caller_of(request))
        return answer([OpenSession.of(each, is_current=own is not None and each.id == own.id) for each in sessions])

    async def end(self, request: Request) -> Response:
        require_person(request)
        id_ = request.path_params["id"]
        ended = await self._threads.local(self._access.end_session, caller_of(request), id_)
        detail(request, f"username={ended.username}")
        target(request, ended.username)
        return answer(Nothing())


def operations(parts: Parts) -> Iterator[Operation]:
    calls = SessionCalls(parts)
    yield Operation(
        "POST",
        "/login",
        calls.login,
        _GROUP,
        "Log in.",
        Session,
        "A form, or the same as JSON. The answer sets the session's cookie. While no user is defined, only this "
        "machine itself is served, and every caller is the administrator, whatever is sent.",
        body=Login,
        errors=(429,),
        free=True,
        takes=(FORM, JSON),
    )
    yield Operation(
        "POST",
        "/session/setup",
        calls.set_up,
        _GROUP,
        "Create the administrator, and log in.",
        Session,
        "The one call of *setup mode*: other machines can reach the service, and it has no user yet. The `code` is "
        "the one that the service printed when it started; it ends with the first user. The answer sets the session's "
        "cookie.",
        body=FirstUser,
        errors=(409, 429, 507),
        free=True,
    )
    yield Operation(
        "GET",
        "/login_refresh",
        calls.refresh,
        _GROUP,
        "Renew the session.",
        Session,
        "For a day from now on, and for thirty days from its login at most.",
        any_token=True,
    )
    yield Operation("PUT", "/logout", calls.logout, _GROUP, "Log out.", LoggedOut, role=Role.VIEWER, any_token=True)
    yield Operation(
        "GET",
        "/sessions",
        calls.list,
        _GROUP,
        "The sessions that are open.",
        list[OpenSession],
        "Administrators get everybody's, others their own; the latest login first.",
    )
    yield Operation(
        "DELETE",
        "/sessions/{id}",
        calls.end,
        _GROUP,
        "End a session.",
        Nothing,
        "Administrators end everybody's, others their own.",
        (_ID,),
        errors=(404, 507),
        role=Role.VIEWER,
    )
