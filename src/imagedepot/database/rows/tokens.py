"""Access tokens."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime

from sqlalchemy import delete, select, update

from imagedepot.database.connection import Database
from imagedepot.database.tables import TokenRow
from imagedepot.protocols.rows import StoredToken

_log = logging.getLogger(__name__)


class TokenRows:
    """`protocols.rows.TokenRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[StoredToken]:
        with self._database.session() as session:
            rows = session.execute(select(TokenRow, TokenRow.expires.is_not(None)).order_by(TokenRow.id)).all()
        readable = [row for row, expires in rows if row.expires is not None or not expires]
        if len(readable) < len(rows):
            _log.warning("access tokens whose end cannot be read: %s; they are void", len(rows) - len(readable))
        return [_token(row) for row in readable]

    def add(self, row: StoredToken) -> StoredToken:
        """The row with its id."""
        added = TokenRow(**{**asdict(row), "id": None})
        with self._database.session() as session:
            session.add(added)
            session.flush()
            self._database.changed(session, "tokens")
            return replace(row, id=added.id)

    def remove(self, id_: int) -> None:
        with self._database.session() as session:
            session.execute(delete(TokenRow).where(TokenRow.id == id_))
            self._database.changed(session, "tokens")

    def note_use(self, id_: int, time: datetime) -> None:
        with self._database.session() as session:
            session.execute(update(TokenRow).where(TokenRow.id == id_).values(last_used=time))


def _token(row: TokenRow) -> StoredToken:
    return StoredToken(**{field.name: getattr(row, field.name) for field in fields(StoredToken)})
