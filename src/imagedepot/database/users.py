"""Users and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from imagedepot.database.connection import Database
from imagedepot.database.tables import SessionRow, UserRow


class UserRows:
    """Rows are handed out detached: plain values, safe to keep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def users(self) -> Sequence[UserRow]:
        with self._database.session() as session:
            return session.scalars(select(UserRow).order_by(UserRow.username)).all()

    def put(self, user: UserRow) -> None:
        with self._database.session() as session:
            session.merge(user)

    def remove(self, username: str) -> None:
        """The user, and every session of theirs."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))
            session.execute(delete(UserRow).where(UserRow.username == username))

    def sessions(self, now: datetime) -> Sequence[SessionRow]:
        """Those that have not expired; the others are dropped."""
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.expires <= now))
            return session.scalars(select(SessionRow)).all()

    def put_session(self, row: SessionRow) -> None:
        with self._database.session() as session:
            session.merge(row)

    def end_session(self, token: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.token == token))

    def end_sessions(self, username: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SessionRow).where(SessionRow.username == username))
