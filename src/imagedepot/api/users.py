"""Users: who may log in, and who may change things."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api import body
from imagedepot.api.answers import answer
from imagedepot.api.caller import NOT_AN_ADMINISTRATOR, address_of, caller_of
from imagedepot.api.changes import detail
from imagedepot.api.parts import Parts
from imagedepot.api.rows.session import user_row
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
        if not caller.is_admin or (username == caller.username and told.keys() == {"password", "current_password"}):
            return await self._change_own(request, told)
        password = body.text(told, "password") if told.get("password") is not None else None
        is_admin = body.flag(told, "is_admin", False) if told.get("is_admin") is not None else None
        detail(request, " ".join(key for key in ("password", "is_admin") if told.get(key) is not None))
        return answer(user_row(await self._threads.password(self._access.change, username, password, is_admin)))

    async def _change_own(self, request: Request, told: dict[str, Any]) -> Response:
        """Nothing but the password, and with the current one: a session alone may be somebody else's browser."""
        username = request.path_params["username"]
        if username != caller_of(request).username or "password" not in told or "is_admin" in told:
            raise Forbidden(NOT_AN_ADMINISTRATOR)
        detail(request, "password")
        current, password = body.text(told, "current_password"), body.text(told, "password")
        where = address_of(request)
        changed = await self._threads.password(self._access.change_own_password, username, current, password, where)
        return answer(user_row(changed))

    async def remove(self, request: Request) -> Response:
        await self._threads.local(self._access.remove, request.path_params["username"])
        return answer({})
