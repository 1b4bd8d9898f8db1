"""Settings that were changed at run time, read with the standard library alone.

They decide what is opened, so they are read before the tables are migrated; and a cold command starts without
SQLAlchemy (`spec/performance.md`: 240 ms).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def stored_settings(path: Path) -> dict[str, str]:
    """What the database at `path` holds, by name; {} when there is none yet, or none that can be read."""
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            return {str(name): str(value) for name, value in connection.execute("SELECT name, value FROM settings")}
    except sqlite3.Error:
        return {}
