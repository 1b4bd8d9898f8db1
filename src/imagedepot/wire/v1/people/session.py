"""Sessions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.wire.v1.base import Answer, Body, about, moment

if TYPE_CHECKING:
    from imagedepot.service.access.caller import Caller
    from imagedepot.service.access.sessions import Session as SessionFacts


class Login(Body):
    """A user's name and password."""

    username: str
    password: str


class FirstUser(Body):
    """The administrator of a service that has no user yet."""

    code: Annotated[str, about("The one-time code that the service printed when it started.")]
    username: str
    password: str


class SignInOffer(Answer):
    """The identity provider that people may sign in at."""

    name: Annotated[str | None, about("What its button says; null where none is set up.")]


class SignInAddress(Answer):
    """A sign-in that has begun."""

    url: Annotated[str, about("Where to send the browser.")]


class FinishedSignIn(Body):
    """What the identity provider has sent the browser back with."""

    code: str
    state: str


class Session(Answer):
    """The caller's session, in the keys of the original service."""

    anonymous: Annotated[bool, about("Whether no user is defined, so that no call needs a login.")]
    isAdmin: Annotated[bool, about("Whether the caller is an administrator.")]  # noqa: N815 - the original service's key
    logintime: Annotated[
        str,
        about("When the session began: `YYYY-MM-DD HH:MM:SS`, UTC.", pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
    ]
    username: str

    @classmethod
    def of(cls, caller: Caller) -> Session:
        return cls(
            anonymous=caller.anonymous,
            isAdmin=caller.is_admin,
            logintime=caller.login.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds"),
            username=caller.username,
        )


class LoggedOut(Answer):
    """The session has ended."""

    username: Annotated[str, about("Who was logged in.")]


class OpenSession(Answer):
    """A session that is open."""

    id: Annotated[str, about("What `/sessions/{id}` takes; it is not the cookie.")]
    username: Annotated[str, about("Who is logged in.")]
    login: Annotated[datetime, about("When the session began.")]
    expires: Annotated[datetime, about("When it ends, unless it is renewed.")]
    current: Annotated[bool, about("Whether this very call came with it.")]

    @classmethod
    def of(cls, session: SessionFacts, is_current: bool) -> OpenSession:
        return cls(
            id=session.id,
            username=session.username,
            login=moment(session.login),
            expires=moment(session.expires),
            current=is_current,
        )
