"""What decides how to start: settings changed at run time, and whether users exist. By the standard library alone.

It is read before the tables are migrated; and a cold command starts without SQLAlchemy, which takes 240 ms.
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imagedepot.errors import DepotError

if TYPE_CHECKING:
    from imagedepot.model.image import ImageRequest, Resolved

DATABASE = "imagedepot.db"  # its name in the data folder


def stored_settings(path: Path) -> dict[str, str]:
    """What the database at `path` holds, by name; {} when there is none yet, or none that can be read."""
    return {str(name): str(value) for name, value in _rows(path, "SELECT name, value FROM settings")}


def has_stored_users(path: Path) -> bool:
    """Whether anybody could log in; False when there is no database yet, or none that can be read."""
    return bool(_rows(path, "SELECT 1 FROM users LIMIT 1"))


def ended_downloads(path: Path) -> list[tuple[ImageRequest, Resolved]]:
    """Downloads that went well and what they were pinned to, the latest last; a row that cannot be read is left out."""
    # Late: a start reads them only when an index is lost.
    from imagedepot.database.pinned import request_from_json, resolved_from_json

    query = "SELECT request, resolved FROM downloads WHERE status = 'done' AND resolved IS NOT NULL ORDER BY ended, id"
    found = []
    for request, resolved in _rows(path, query):
        with suppress(ValueError, KeyError, TypeError, AttributeError, DepotError):
            found.append((request_from_json(str(request)), resolved_from_json(str(resolved))))
    return found


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    if not path.is_file():
        return []
    import sqlite3  # late: a command finds a database only where a service has run

    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error:
        return []
