"""A copy of a database that may be in use, read in one transaction: the state between two others.

It uses no tables of this version, so it works on a database of every other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS, revisions
from imagedepot.errors import InvalidInput, StorageFailure
from imagedepot.model.digest import Digest

_BUSY_SECONDS = 30.0
_PUSHED = "SELECT digest FROM pushed_manifests UNION SELECT digest FROM pushed_tags"


@dataclass(frozen=True, slots=True)
class DatabaseCopy:
    """`content` is that of a database file; `pushed`: manifests of own repositories."""

    content: bytes
    pushed: Sequence[Digest]


def copy_of(path: Path) -> DatabaseCopy | None:
    """None where there is no database, or an empty file. Raises `StorageFailure`."""
    with _reading(path) as source:
        if source is None:
            return None
        pushed = _column(source, _PUSHED) if _has(source, "pushed_manifests") else ()
        digests = [digest for text in pushed if (digest := Digest.try_parse(text)) is not None]
        return DatabaseCopy(source.serialize(), digests)


def revision_of(path: Path) -> str:
    """The revision of its tables; "" without a database. Raises `StorageFailure`."""
    with _reading(path) as source:
        return _revision(source) if source is not None else ""


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that reads the database as of one moment and holds up no writer; None without a database."""
    try:
        if not path.exists() or path.stat().st_size == 0:
            yield None
            return
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise StorageFailure(f"Cannot copy the database {path}: {error}") from error


def check_database(path: Path, title: str) -> None:
    """Raises `InvalidInput` for a file that is no sound database, or one of a newer version; `title` names it."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            revision = _revision(connection)
    except sqlite3.Error as error:
        raise InvalidInput(f"{title} is damaged: its database cannot be read: {error}") from error
    if fault != "ok":
        raise InvalidInput(f"{title} is damaged: its database has a fault: {fault}")
    check_revision(revision, title)


def check_revision(revision: str, title: str, version: str = "") -> None:
    """Raises `InvalidInput` for tables that this version does not know; `version` made them, if that is known."""
    if revision and revision not in revisions(MIGRATIONS):
        by = f"a newer Image Depot ({version})" if version else "a newer Image Depot"
        raise InvalidInput(f"{title} was made by {by}, whose database this version cannot read: use that version")


def _revision(connection: sqlite3.Connection) -> str:
    """ "" for a database without tables of ours."""
    if not _has(connection, "alembic_version"):
        return ""
    return next(iter(_column(connection, "SELECT version_num FROM alembic_version")), "")


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _column(connection: sqlite3.Connection, query: str) -> list[str]:
    return [str(value) for (value,) in connection.execute(query)]
