"""Keys that the service signs with: made on first use, and kept."""

from __future__ import annotations

import secrets
from contextlib import suppress

from sqlalchemy.orm import Session

from imagedepot.database.connection import Database
from imagedepot.database.tables import SigningKeyRow
from imagedepot.database.upsert import upsert

_BYTES = 32


class SigningKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> bytes:
        """32 random bytes, the same after a restart. A row that holds no valid key is replaced."""
        return self.agree(name, secrets.token_bytes(_BYTES))

    def find(self, name: str) -> bytes | None:
        with self._database.session() as session:
            return _kept(session, name)

    def agree(self, name: str, key: bytes) -> bytes:
        """Store `key` unless there is one already; the stored key. Two callers at once get the same one."""
        row = SigningKeyRow(name=name, value=key.hex())
        with self._database.session() as session:
            upsert(session, row, replace=False)
            kept = _kept(session, name)
            if kept is None:
                upsert(session, row)
        return kept or key


def _kept(session: Session, name: str) -> bytes | None:
    row = session.get(SigningKeyRow, name)
    if row is not None:
        with suppress(ValueError):
            key = bytes.fromhex(row.value)
            return key if len(key) == _BYTES else None
    return None
