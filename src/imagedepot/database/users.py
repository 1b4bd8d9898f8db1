"""Users and their sessions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from imagedepot.database.connection import Database
from imagedepot.database.tables import SessionRow, TokenRow, UserRow
from imagedepot.model.texts import short

_log = logging.getLogger(__name__)


class UserRows:
    """Users and sessions. Rows are returned detached: plain values, safe to keep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def users(self) -> Sequence[UserRow]:
        """All users, also with fields that cannot be read: losing one could leave the service without users.

        A name or password that is not text matches nothing; `created` is None where it is not a time.
        """
        with self._database.session() as session:
            rows = session.scalars(select(UserRow).order_by(UserRow.username)).all()
        return [_user(row) for row in rows]

    def put(self, user: UserRow) -> None:
        with self._database.session() as session:
            session.merge(user)

    def remove(self, username: str) -> None:
        """Remove the user with all of their sessions and access tokens."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))
            session.execute(delete(TokenRow).where(TokenRow.username == username))
            session.execute(delete(UserRow).where(UserRow.username == username))

    def sessions(self, now: datetime) -> Sequence[SessionRow]:
        """Sessions that have not expired; deletes the others."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.expires <= now))
            rows = session.scalars(select(SessionRow)).all()
        readable = [row for row in rows if _is_readable(row)]
        if len(readable) < len(rows):
            _log.warning("sessions in the database that cannot be read: %s; they have ended", len(rows) - len(readable))
        return readable

    def put_session(self, row: SessionRow) -> None:
        with self._database.session() as session:
            session.merge(row)

    def end_session(self, token: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.token == token))

    def end_sessions(self, username: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))


def _user(row: UserRow) -> UserRow:
    if isinstance(row.username, str) and isinstance(row.password, str) and row.created is not None:
        return row
    _log.warning("the row of the user %s in the database cannot be read in full", short(row.username))
    password = row.password if isinstance(row.password, str) else ""
    return UserRow(username=str(row.username), password=password, role=row.role, created=row.created)


def _is_readable(row: SessionRow) -> bool:
    times: tuple[object, ...] = (row.login, row.expires)
    texts = (row.token, row.username)
    return all(isinstance(text, str) for text in texts) and None not in times
