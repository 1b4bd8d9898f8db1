"""Logins at registries, and Docker Hub's limit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.wire.v1.base import Answer, Body, Count, about, moment

if TYPE_CHECKING:
    from imagedepot.model.access.login import Login
    from imagedepot.model.limits import Limits as LimitFacts


class Registry(Answer):
    """A login that downloads use. Passwords are never sent."""

    host: Annotated[str, about("`host[:port]`")]
    username: Annotated[str, about("Empty where a token is kept.")]
    source: Annotated[str, about("The file, or `helper:NAME`, that keeps it.")]

    @classmethod
    def of(cls, host: str, login: Login) -> Registry:
        return cls(host=host, username=login.username, source=login.source)


class RegistryLogin(Body):
    """A login to check and save."""

    username: str
    password: Annotated[str, about("A password or an access token.")]


class Limits(Answer):
    """Docker Hub's last word; nulls before the first request, and where nothing is limited."""

    limit: Annotated[Count | None, about("Pulls in one window.")]
    remaining: Annotated[Count | None, about("Pulls that are left.")]
    window: Annotated[Count | None, about("Seconds.")]
    resets: Annotated[datetime | None, about("When the count starts again at the latest.")]
    source: Annotated[str | None, about("The address or account that is counted; for administrators.")]

    @classmethod
    def of(cls, limits: LimitFacts) -> Limits:
        return cls(
            limit=limits.limit,
            remaining=limits.remaining,
            window=limits.window,
            resets=moment(limits.resets),
            source=limits.source,
        )
