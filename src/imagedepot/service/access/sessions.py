"""Sessions: the user, the beginning and the end of each.

A session lives for a day and may be renewed, for thirty days at most. One that has been seen to be over has ended for
good, so that it is not valid again when the clock of the host goes back.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imagedepot.errors import StorageFailure, Unauthenticated
from imagedepot.protocols.rows import SessionRows, StoredSession

LIFETIME = timedelta(days=1)
LONGEST = timedelta(days=30)
_ID_LENGTH = 16

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """A session. `key` is the hash of the cookie's value. Times are UTC."""

    key: str
    username: str
    login: datetime
    expires: datetime

    @property
    def id(self) -> str:
        """A public name of the session, which cannot be used in place of the cookie."""
        return self.key[:_ID_LENGTH]


class Sessions:
    """All sessions, in memory as well as in rows, so that no call waits for the database."""

    def __init__(self, rows: SessionRows, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._rows = rows
        self._now = now
        self._lock = threading.Lock()
        self._sessions = {row.token: _session(row) for row in rows.sessions(now())}

    def reload(self) -> None:
        """Load them again: another node has begun or ended some."""
        with self._lock:
            self._sessions = {row.token: _session(row) for row in self._rows.sessions(self._now())}

    def begin(self, username: str) -> tuple[str, Session]:
        """Begin a session; returns it with the value of its cookie. Raises `StorageFailure`."""
        now = self._now()
        token = secrets.token_urlsafe(32)
        session = Session(key_of(token), username, now, now + LIFETIME)
        for each in list(self._sessions.values()):
            if each.expires <= now:
                self._drop(each)
        with self._lock:
            self._put(session)
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a cookie; None when there is none, or it is not valid now."""
        session = self._sessions.get(key_of(token))
        return session if session is not None and self._is_valid(session) else None

    def renew(self, token: str) -> Session:
        """Extend a session to a day from now, within its longest lifetime. Raises `Unauthenticated`."""
        session = self.find(token)
        if session is None:
            raise Unauthenticated("Log in first")
        expires = min(self._now() + LIFETIME, session.login + LONGEST)
        renewed = Session(session.key, session.username, session.login, expires)
        with self._lock:
            if session.key not in self._sessions:  # it has ended in this very moment
                raise Unauthenticated("Log in first")
            self._put(renewed)
        return renewed

    def seconds_left(self, session: Session) -> int:
        return max(0, int((session.expires - self._now()).total_seconds()))

    def all(self) -> list[Session]:
        """The valid sessions, the latest login first."""
        valid = [each for each in list(self._sessions.values()) if self._is_valid(each)]
        return sorted(valid, key=lambda each: each.login, reverse=True)

    def end(self, key: str) -> None:
        """End a session, also one that is refused at the moment. Raises `StorageFailure`."""
        with self._lock:
            self._rows.end_session(key)
            self._sessions.pop(key, None)

    def end_those_of(self, username: str) -> None:
        """Raises `StorageFailure`; they have ended in any case."""
        with self._lock:
            self._sessions = {key: each for key, each in self._sessions.items() if each.username != username}
            self._rows.end_sessions(username)

    def _is_valid(self, session: Session) -> bool:
        """A login far in the future shows that the clock is wrong: the session is refused until it is right again."""
        now = self._now()
        if session.expires <= now:
            self._drop(session)
            return False
        return session.login - now <= LIFETIME

    def _drop(self, expired: Session) -> None:
        """Drop sessions from memory and rows. A failing database is ignored: the next start drops the rows."""
        with self._lock:
            if self._sessions.get(expired.key) is not expired:  # renewed, or dropped already
                return
            del self._sessions[expired.key]
            try:
                self._rows.end_session(expired.key)
            except StorageFailure as error:
                _log.warning("an expired session stays in the database until the next start: %s", error)

    def _put(self, session: Session) -> None:
        self._rows.put_session(StoredSession(session.key, session.username, session.login, session.expires))
        self._sessions[session.key] = session


def _session(row: StoredSession) -> Session:
    """The session of a row, with an end also where earlier versions renewed it without one."""
    return Session(row.token, row.username, row.login, min(row.expires, _latest_end(row.login)))


def _latest_end(login: datetime) -> datetime:
    """The latest end of a session; also for a damaged time close to the greatest date."""
    try:
        return login + LONGEST
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def key_of(token: str) -> str:
    """The key of the session whose cookie holds `token`."""
    return hashlib.sha256(token.encode()).hexdigest()
