"""Whether the database can be changed at this moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from imagedepot.database.backends.place import Place
from imagedepot.errors import StorageFailure


def check_changeable(place: Place, seconds: float) -> None:
    """Whether the next change would work; nothing is written. Raises `StorageFailure`."""
    if isinstance(place, Path):
        _check_file(place, seconds)
        return
    from imagedepot.database.backends.driver import read  # late: it needs the extra

    if not read(place, "SELECT version_num FROM alembic_version"):
        raise StorageFailure(f"The database {place} has lost its tables")


def _check_file(path: Path, seconds: float) -> None:
    """Take the lock that every change needs, and give it back; nothing is written.

    Another process may hold it for `seconds`. A connection of its own: one of the service's would wait longer, and
    would not see that the file is gone. Raises `StorageFailure`.
    """
    try:
        with closing(_opened(path, seconds)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StorageFailure(f"The database {path} cannot be changed: {error}") from error


def _opened(path: Path, seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", seconds, isolation_level=None, uri=True)
