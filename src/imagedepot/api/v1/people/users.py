"""Users: who may log in, and who may change things."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import address_of, caller_of, require, require_person
from imagedepot.api.http.changes import detail, target
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.people.users import NewUser, User, UserChange

_GROUP = "Users"
_USERNAME = path_part("username", "Name of the user.")


class UserCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        """Answer with all users; callers who are not administrators see only themselves."""
        caller = caller_of(request)
        return answer(
            [User.of(each) for each in self._access.users() if caller.is_admin or each.username == caller.username]
        )

    async def add(self, request: Request) -> Response:
        new = await body.read_json(request, NewUser)
        role = _role(new) or Role.VIEWER
        target(request, new.username)
        detail(request, f"username={new.username} role={role.value}")
        return answer(User.of(await self._threads.password(self._access.add, new.username, new.password, role)))

    async def change(self, request: Request) -> Response:
        require_person(request)
        change = await body.read_json(request, UserChange)
        caller, username = caller_of(request), request.path_params["username"]
        own, role = username == caller.username, _role(change)
        if not own or role is not None or change.password is None:
            require(request, Role.ADMIN)
        detail(request, " ".join(key for key in ("password", "role", "is_admin") if getattr(change, key) is not None))
        if not caller.is_admin or (own and change.current_password is not None):
            # A session alone may be another person at the same browser.
            if change.current_password is None:
                raise InvalidInput("current_password is missing")
            await self._threads.password(self._access.confirm, username, change.current_password, address_of(request))
        return answer(User.of(await self._threads.password(self._access.change, username, change.password, role)))

    async def remove(self, request: Request) -> Response:
        await self._threads.local(self._access.remove, request.path_params["username"])
        return answer(Nothing())


def _role(asked: NewUser | UserChange) -> Role | None:
    """The role of a body: `role`, or the older `is_admin`; None without either. Raises `InvalidInput`."""
    role = Role(asked.role) if asked.role is not None else None
    if asked.is_admin is None:
        return role
    if role is not None and (role is Role.ADMIN) is not asked.is_admin:
        raise InvalidInput(f"role and is_admin contradict each other: {role.value}, {str(asked.is_admin).lower()}")
    return role or (Role.ADMIN if asked.is_admin else Role.VIEWER)


def operations(parts: Parts) -> Iterator[Operation]:
    calls = UserCalls(parts)
    yield Operation(
        "GET",
        "/users",
        calls.list,
        _GROUP,
        "The users.",
        list[User],
        "Who is no administrator gets their own row alone.",
    )
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
        "Change a user's password or role.",
        User,
        "Administrators change everybody; others their own password, and tell the current one.",
        parameters=(_USERNAME,),
        body=UserChange,
        errors=(404, 409, 429, 507),
        role=Role.VIEWER,
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
