"""Users: who may log in, and who may change things."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import NOT_AN_ADMINISTRATOR, address_of, caller_of
from imagedepot.api.http.changes import detail
from imagedepot.api.http.operation import Operation, Right, path_part
from imagedepot.api.v1.services import Parts
from imagedepot.errors import Forbidden, InvalidInput
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.users import NewUser, User, UserChange

_GROUP = "Users"
_USERNAME = path_part("username", "Name of the user.")


class UserCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([User.of(each) for each in self._access.users()])

    async def add(self, request: Request) -> Response:
        new = await body.read_json(request, NewUser)
        detail(request, f"username={new.username} is_admin={str(new.is_admin).lower()}")
        user = await self._threads.password(self._access.add, new.username, new.password, new.is_admin)
        return answer(User.of(user))

    async def change(self, request: Request) -> Response:
        change = await body.read_json(request, UserChange)
        caller, username = caller_of(request), request.path_params["username"]
        own = username == caller.username
        if not (caller.is_admin or (own and change.password is not None and change.is_admin is None)):
            raise Forbidden(NOT_AN_ADMINISTRATOR)
        detail(request, " ".join(key for key in ("password", "is_admin") if getattr(change, key) is not None))
        if not caller.is_admin or (own and change.current_password is not None):
            # A session alone may be another person at the same browser.
            if change.current_password is None:
                raise InvalidInput("current_password is missing")
            await self._threads.password(self._access.confirm, username, change.current_password, address_of(request))
        user = await self._threads.password(self._access.change, username, change.password, change.is_admin)
        return answer(User.of(user))

    async def remove(self, request: Request) -> Response:
        await self._threads.local(self._access.remove, request.path_params["username"])
        return answer(Nothing())


def operations(parts: Parts) -> Iterator[Operation]:
    calls = UserCalls(parts)
    yield Operation("GET", "/users", calls.list, _GROUP, "The users.", list[User])
    yield Operation(
        "POST",
        "/users",
        calls.add,
        _GROUP,
        "Add a user.",
        User,
        "From the first user on, every call but `POST /login` needs a session.",
        body=NewUser,
        errors=(409, 507),
    )
    yield Operation(
        "PATCH",
        "/users/{username}",
        calls.change,
        _GROUP,
        "Change a user's password or right.",
        User,
        "For administrators; others change their own password, and tell the current one.",
        parameters=(_USERNAME,),
        body=UserChange,
        errors=(404, 409, 429, 507),
        right=Right.LOOK,
    )
    yield Operation(
        "DELETE",
        "/users/{username}",
        calls.remove,
        _GROUP,
        "Remove a user.",
        Nothing,
        "The last administrator stays.",
        (_USERNAME,),
        errors=(404, 409, 507),
    )
