"""Access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from imagedepot.database.connection import Database
from imagedepot.database.tables import TokenRow


class TokenRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[TokenRow]:
        with self._database.session() as session:
            return session.scalars(select(TokenRow).order_by(TokenRow.id)).all()

    def put(self, row: TokenRow) -> None:
        """The row has its `id` afterwards."""
        with self._database.session() as session:
            session.add(row)

    def remove(self, id_: int) -> None:
        with self._database.session() as session:
            session.execute(delete(TokenRow).where(TokenRow.id == id_))

    def note_use(self, id_: int, time: datetime) -> None:
        with self._database.session() as session:
            session.execute(update(TokenRow).where(TokenRow.id == id_).values(last_used=time))
