"""SQLite: one file for its owner alone, a write-ahead log, and what else is special about it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from imagedepot.errors import StorageFailure


class Sqlite:
    """The file at `path`; who finds it locked waits for `busy_seconds`."""

    faults: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.place = str(path)
        self._path = path
        self._busy_seconds = busy_seconds

    def open(self) -> Engine:
        """Raises `OSError`, and what the database raises."""
        _make_private(self._path)
        engine = create_engine(f"sqlite:///{self._path}", connect_args={"check_same_thread": False})
        event.listen(engine, "connect", lambda connection, _: _prepare(connection, self._busy_seconds))
        return engine

    def lock(self, connection: Connection) -> None:
        """Keep others from migrating until the transaction of all migrations ends; a kill leaves the file as it was.

        Python's sqlite3 begins one for changes of rows alone, so it is begun here.
        """
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def tables(self, connection: Connection) -> set[str]:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in found}

    def check_empty(self, tables: set[str]) -> None:
        """Accept every file: one with tables and no version was left by a kill of an early version."""

    def failure(self, error: Exception, what: str) -> StorageFailure:
        return StorageFailure(f"{what}: {_reason(error)}")


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
    """SQLite's own message, without the statement and its values."""
    if isinstance(error, SQLAlchemyError):
        return str(getattr(error, "orig", None) or type(error).__name__)
    return str(getattr(error, "strerror", None) or error)
