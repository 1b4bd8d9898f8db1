"""Users and their sessions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select

from imagedepot.database.connection import Database
from imagedepot.database.tables import SessionRow, TokenRow, UserRow
from imagedepot.database.upsert import upsert
from imagedepot.model.text.texts import short
from imagedepot.protocols.rows import StoredSession, StoredUser

_log = logging.getLogger(__name__)


class UserRows:
    """`protocols.rows.UserRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def users(self) -> Sequence[StoredUser]:
        """All users, also with fields that cannot be read: losing one could leave the service without users.

        A name or password that is not text matches nothing; `created` is None where it is not a time.
        """
        with self._database.session() as session:
            rows = session.scalars(select(UserRow)).all()
        return sorted(map(_user, rows), key=lambda user: user.username)

    def put(self, user: StoredUser) -> None:
        with self._database.session() as session:
            upsert(session, UserRow(**asdict(user)))
            self._database.changed(session, "users")

    def remove(self, username: str) -> None:
        """Remove the user with all of their sessions and access tokens."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))
            session.execute(delete(TokenRow).where(TokenRow.username == username))
            session.execute(delete(UserRow).where(UserRow.username == username))
            for topic in ("users", "sessions", "tokens"):
                self._database.changed(session, topic)

    def sessions(self, now: datetime) -> Sequence[StoredSession]:
        """Sessions that have not expired; deletes the others."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.expires <= now))
            rows = session.scalars(select(SessionRow)).all()
        readable = [row for row in rows if _is_readable(row)]
        if len(readable) < len(rows):
            _log.warning("sessions in the database that cannot be read: %s; they have ended", len(rows) - len(readable))
        return [StoredSession(row.token, row.username, row.login, row.expires) for row in readable]

    def put_session(self, row: StoredSession) -> None:
        with self._database.session() as session:
            upsert(session, SessionRow(**asdict(row)))
            self._database.changed(session, "sessions")

    def end_session(self, token: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.token == token))
            self._database.changed(session, "sessions")

    def end_sessions(self, username: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))
            self._database.changed(session, "sessions")


def _user(row: UserRow) -> StoredUser:
    if not isinstance(row.username, str) or not isinstance(row.password, str) or row.created is None:
        _log.warning("the row of the user %s in the database cannot be read in full", short(row.username))
    password = row.password if isinstance(row.password, str) else ""
    return StoredUser(str(row.username), password, row.role, row.created)


def _is_readable(row: SessionRow) -> bool:
    times: tuple[object, ...] = (row.login, row.expires)
    texts = (row.token, row.username)
    return all(isinstance(text, str) for text in texts) and None not in times
