"""The SQLite database: one engine, write-ahead log, short sessions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from imagedepot.database.tables import Base
from imagedepot.errors import StorageFailure

MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_SECONDS = 10.0
_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
"""As Alembic makes it."""


class Database:
    """An open database with the newest tables, made in an empty file, else by the scripts in `migrations`.

    `make_room` is called before each change, since even a deletion needs disk space.

    Raises `StorageFailure` when the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        busy_seconds: float = _BUSY_SECONDS,
        migrations: Path = MIGRATIONS,
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_room = make_room
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        event.listen(self.engine, "connect", lambda connection, _: _prepare(connection, busy_seconds))
        try:
            _make_private(path)
            with self.engine.begin() as connection:
                # All migrations in one transaction, tables included: a kill leaves the file as it was. Python's sqlite3
                # begins one for changes of rows alone, so it is begun here.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                _bring_up_to_date(connection, migrations, path)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StorageFailure(f"Cannot use the database {path}: {_reason(error)}") from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One short transaction: committed at the end, rolled back on an error. Raises `StorageFailure`."""
        self._make_room()
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StorageFailure(f"The database refused a change: {_reason(error)}") from error

    def close(self) -> None:
        self.engine.dispose()


def _bring_up_to_date(connection: Connection, migrations: Path, path: Path) -> None:
    """Migrate a file of an earlier version. Only then is Alembic imported, which takes 90 ms."""
    tables = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    newest = newest_revision(migrations)
    if "alembic_version" in tables:
        if connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]:
            return
    elif not tables and migrations == MIGRATIONS:
        Base.metadata.create_all(connection)
        connection.exec_driver_sql(_VERSION_TABLE)
        connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (newest,))
        return
    from imagedepot.database.upgrade import upgrade

    upgrade(connection, migrations, path)


def newest_revision(migrations: Path) -> str:
    """The newest revision among the scripts in `migrations`, whose names begin with it."""
    return max(revisions(migrations))


def revisions(migrations: Path) -> frozenset[str]:
    """Every revision that the scripts in `migrations` know."""
    return frozenset(script.name.partition("_")[0] for script in (migrations / "versions").glob("[0-9]*_*.py"))


def _make_private(path: Path) -> None:
    """Restrict the file to its owner: it holds password hashes. SQLite gives its mode to the files beside it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: Any, busy_seconds: float) -> None:
    """Set the pragmas of a connection. FULL: a download that was promised survives a power cut.

    A text that is not UTF-8 loses some characters and does not fail the query.
    """
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    for pragma in (
        f"busy_timeout={busy_seconds * 1000:.0f}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _reason(error: Exception) -> str:
    """SQLite's own words, without the statement and its values."""
    if isinstance(error, SQLAlchemyError):
        return str(getattr(error, "orig", None) or type(error).__name__)
    return str(getattr(error, "strerror", None) or error)
