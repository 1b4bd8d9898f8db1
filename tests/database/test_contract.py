"""The database, and rows in memory, keep what every database of rows promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.notifications import NotificationRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from tests.contracts.memory.notifications import MemoryNotifications
from tests.contracts.memory.rows import MemoryAudit, MemoryDownloads, MemorySettings, MemoryTokens, MemoryUsers
from tests.contracts.rows import Rows, RowsContract


class TestDatabaseRows(RowsContract):
    @pytest.fixture
    def rows(self, place: Place) -> Iterator[Rows]:
        database = Database(place)
        yield Rows(
            DownloadRows(database),
            UserRows(database),
            TokenRows(database),
            SettingRows(database),
            NotificationRows(database),
            AuditRows(database),
        )
        database.close()


class TestMemoryRows(RowsContract):
    @pytest.fixture
    def rows(self) -> Rows:
        tokens = MemoryTokens()
        return Rows(
            MemoryDownloads(), MemoryUsers(tokens), tokens, MemorySettings(), MemoryNotifications(), MemoryAudit()
        )
