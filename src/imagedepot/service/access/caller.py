"""The caller behind a request, and the result of a login."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import SCOPES_OF, Scope, reaches, with_implied
from imagedepot.model.names.reference import Reference
from imagedepot.protocols.rows import StoredUser
from imagedepot.service.access.tokens import Token


@dataclass(frozen=True, slots=True)
class Caller:
    """The user or token behind a request.

    `login` is when the session began, UTC; `token` the access token in place of a session; `vouched_for`: a proxy says
    with each request who it is.
    """

    username: str
    role: Role
    anonymous: bool
    login: datetime
    token: Token | None = None
    vouched_for: bool = False

    @property
    def is_admin(self) -> bool:
        return self.may(Scope.ADMIN)

    @property
    def token_id(self) -> str:
        """The id of the access token; "" without one."""
        return str(self.token.id) if self.token is not None else ""

    @property
    def shown(self) -> str:
        """The name of the caller in the log."""
        return f"{self.username} by the token {self.token.id} ({self.token.name})" if self.token else self.username

    def may(self, scope: Scope) -> bool:
        """Whether the role, and the token if there is one, allow it."""
        return scope in SCOPES_OF[self.role] and (self.token is None or scope in with_implied(self.token.scopes))

    def reaches(self, reference: Reference | str) -> bool:
        """Whether the token, if there is one, covers this docker image or this name of an LXC image."""
        return self.token is None or reaches(self.token.repositories, reference)


@dataclass(frozen=True, slots=True)
class User:
    username: str
    role: Role
    created: datetime | None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session that was just begun or renewed.

    `token` is the value of the session's cookie; `browser` the cookie that identifies the browser, if it is new.
    """

    caller: Caller
    token: str
    seconds: int
    browser: str = ""


def basic_login(content: str) -> tuple[str, str]:
    """User name and password; nothing for what is not base64 of both."""
    try:
        username, _, password = base64.b64decode(content, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return username, password


def user_of(row: StoredUser) -> User:
    return User(row.username, role_of(row), row.created)


def role_of(row: StoredUser) -> Role:
    """The role of a row; one of a newer version, which is not known, counts as the weakest."""
    try:
        return Role(row.role)
    except ValueError:
        return Role.VIEWER
