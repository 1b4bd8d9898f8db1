"""Settings changed at run time. (Before the database is opened, `stored` reads them.)"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from imagedepot.database.connection import Database
from imagedepot.database.tables import SettingRow


class SettingRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[SettingRow]:
        """All changed settings; values that are not text are left out."""
        with self._database.session() as session:
            rows = session.scalars(select(SettingRow)).all()
        return [row for row in rows if isinstance(row.name, str) and isinstance(row.value, str)]

    def put(self, name: str, value: str) -> None:
        with self._database.session() as session:
            session.merge(SettingRow(name=name, value=value))

    def remove(self, name: str) -> None:
        with self._database.session() as session:
            row = session.get(SettingRow, name)
            if row is not None:
                session.delete(row)
