"""Users."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from imagedepot.wire.v1.base import Answer, Body, about, moment

if TYPE_CHECKING:
    from imagedepot.service.access.caller import User as UserFacts


RoleName = Annotated[
    Literal["viewer", "member", "administrator"],
    about("A viewer looks, a member downloads and pushes too, an administrator does everything."),
]
_OLDER_FLAG = "Older than `role`: true is `administrator`, false `viewer`."


class User(Answer):
    """A user of this service."""

    username: str
    role: RoleName
    is_admin: Annotated[bool, about("Whether this user is an administrator.")]
    created: Annotated[datetime | None, about("When the user was added; null where that is not known any more.")]

    @classmethod
    def of(cls, user: UserFacts) -> User:
        return cls(username=user.username, role=user.role.value, is_admin=user.is_admin, created=moment(user.created))


class NewUser(Body):
    """The user to add."""

    username: str
    password: Annotated[str, about("8 to 1,024 characters, and none of those that are guessed first.")]
    role: Annotated[
        Literal["viewer", "member", "administrator"] | None,
        about("`viewer` if nothing is said; the first user is `administrator` in any case."),
    ] = None
    is_admin: Annotated[bool | None, about(_OLDER_FLAG)] = None


class UserChange(Body):
    """What to change; what is missing stays."""

    password: Annotated[str | None, about("Ends the user's sessions.")] = None
    role: Literal["viewer", "member", "administrator"] | None = None
    is_admin: Annotated[bool | None, about(_OLDER_FLAG)] = None
    current_password: Annotated[
        str | None, about("The caller's own; required from callers who are not administrators.")
    ] = None
