"""Users."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.wire.v1.base import Answer, Body, about, moment

if TYPE_CHECKING:
    from imagedepot.service.access.access import User as UserFacts


class User(Answer):
    """A user of this service."""

    username: str
    is_admin: Annotated[bool, about("Whether this user may change things.")]
    created: Annotated[datetime, about("When the user was added.")]

    @classmethod
    def of(cls, user: UserFacts) -> User:
        return cls(username=user.username, is_admin=user.is_admin, created=moment(user.created))


class NewUser(Body):
    """The user to add."""

    username: str
    password: Annotated[str, about("8 to 1,024 characters.")]
    is_admin: Annotated[bool, about("The first user always is.")] = False


class UserChange(Body):
    """What to change; what is missing stays."""

    password: Annotated[str | None, about("Ends the user's sessions.")] = None
    is_admin: bool | None = None
    current_password: Annotated[
        str | None, about("The caller's own; required from callers who are not administrators.")
    ] = None
