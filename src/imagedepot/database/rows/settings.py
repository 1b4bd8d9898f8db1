"""Settings changed at run time. (Before the database is opened, `stored` reads them.)"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from imagedepot.database.connection import Database
from imagedepot.database.tables import SettingRow
from imagedepot.database.upsert import upsert
from imagedepot.protocols.rows import StoredSetting


class SettingRows:
    """`protocols.rows.SettingRows` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[StoredSetting]:
        """All changed settings; values that are not text are left out."""
        with self._database.session() as session:
            rows = session.scalars(select(SettingRow)).all()
        readable = [row for row in rows if isinstance(row.name, str) and isinstance(row.value, str)]
        return [StoredSetting(row.name, row.value) for row in readable]

    def put(self, name: str, value: str) -> None:
        with self._database.session() as session:
            upsert(session, SettingRow(name=name, value=value))
            self._database.changed(session, "settings")

    def remove(self, name: str) -> None:
        with self._database.session() as session:
            row = session.get(SettingRow, name)
            if row is not None:
                session.delete(row)
                self._database.changed(session, "settings")
