"""Users: who may log in, and who may change things."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import NOT_AN_ADMINISTRATOR, address_of, caller_of
from imagedepot.api.http.changes import detail
from imagedepot.api.rows.session import user_row
from imagedepot.api.v1.services import Parts
from imagedepot.errors import Forbidden


class UserCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([user_row(each) for each in self._access.users()])

    async def add(self, request: Request) -> Response:
        told = await body.read_json(request)
        username, is_admin = body.text(told, "username"), body.flag(told, "is_admin", False)
        detail(request, f"username={username} is_admin={str(is_admin).lower()}")
        password = body.text(told, "password")
        return answer(user_row(await self._threads.password(self._access.add, username, password, is_admin)))

    async def change(self, request: Request) -> Response:
        told = await body.read_json(request)
        caller, username = caller_of(request), request.path_params["username"]
        own = username == caller.username
        if not (caller.is_admin or (own and told.get("password") is not None and "is_admin" not in told)):
            raise Forbidden(NOT_AN_ADMINISTRATOR)
        password = body.text(told, "password") if told.get("password") is not None else None
        is_admin = body.flag(told, "is_admin", False) if told.get("is_admin") is not None else None
        detail(request, " ".join(key for key in ("password", "is_admin") if told.get(key) is not None))
        if not caller.is_admin or (own and "current_password" in told):
            # A session alone may be somebody else's browser.
            current = body.text(told, "current_password")
            await self._threads.password(self._access.confirm, username, current, address_of(request))
        return answer(user_row(await self._threads.password(self._access.change, username, password, is_admin)))

    async def remove(self, request: Request) -> Response:
        await self._threads.local(self._access.remove, request.path_params["username"])
        return answer({})
