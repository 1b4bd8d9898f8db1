"""Access tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from imagedepot.model.access.scope import Scope
from imagedepot.wire.v1.base import Answer, Body, about, moment

if TYPE_CHECKING:
    from imagedepot.service.access.tokens import Token as TokenFacts


class Token(Answer):
    """An access token; what it is made of is not kept."""

    id: str
    name: str
    username: Annotated[str, about("The user in whose name it acts.")]
    scopes: list[Scope]
    repositories: Annotated[list[str], about("Patterns; `*` stands for any text.")]
    created: datetime
    expires: Annotated[datetime | None, about("Null for never.")]
    last_used: Annotated[datetime | None, about("To the minute; null for not yet.")]

    @classmethod
    def of(cls, token: TokenFacts) -> Token:
        return cls(
            id=str(token.id),
            name=token.name,
            username=token.username,
            scopes=list(token.scopes),
            repositories=list(token.repositories),
            created=moment(token.created),
            expires=moment(token.expires),
            last_used=moment(token.last_used),
        )


class NewToken(Token):
    """A token that was just added. `token` is never shown again."""

    token: Annotated[str, about("The secret: for `Authorization: Bearer`, or as the password of the user.")]

    @classmethod
    def with_secret(cls, token: TokenFacts, secret: str) -> NewToken:
        return cls(**msgspec.structs.asdict(Token.of(token)), token=secret)


class TokenRequest(Body):
    """The token to add."""

    name: Annotated[str, about("1 to 100 characters.")]
    scopes: Annotated[
        list[Scope],
        about("`push` implies `pull`, `download` implies `read`, `admin` all; none beyond the user's role."),
    ]
    repositories: Annotated[list[str] | None, about("Patterns such as `ghcr.io/owner/*`; all if nothing is said.")] = (
        None
    )
    expires: Annotated[datetime | None, about("Null for never.")] = None
    username: Annotated[str | None, about("Whose it is: the caller's own, or, for administrators, another user.")] = (
        None
    )
