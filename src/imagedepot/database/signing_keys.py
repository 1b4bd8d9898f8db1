"""Keys that the service signs with: made on first use, and kept."""

from __future__ import annotations

import secrets

from imagedepot.database.connection import Database
from imagedepot.database.tables import SigningKeyRow

_BYTES = 32


class SigningKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> bytes:
        """32 random bytes, the same after a restart. A row that holds no valid key is replaced."""
        with self._database.session() as session:
            row = session.get(SigningKeyRow, name)
            try:
                kept = bytes.fromhex(row.value) if row is not None else b""
            except ValueError:
                kept = b""
            if len(kept) != _BYTES:
                kept = secrets.token_bytes(_BYTES)
                session.merge(SigningKeyRow(name=name, value=kept.hex()))
        return kept
