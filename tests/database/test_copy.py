"""A copy of a database in use is of one moment."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS, Database, newest_revision
from imagedepot.database.copy import copy_of, revision_of


def test_a_copy_has_each_transaction_whole_or_not_at_all(tmp_path: Path) -> None:
    path, done = tmp_path / "imagedepot.db", threading.Event()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE first (n)")
        connection.execute("CREATE TABLE filling (content)")
        connection.executemany("INSERT INTO filling VALUES (randomblob(?))", [(1000,)] * 1000)
        connection.execute("CREATE TABLE last (n)")
        connection.commit()

    def write() -> None:
        with closing(sqlite3.connect(path)) as connection:
            while not done.is_set():
                with connection:
                    connection.execute("INSERT INTO first VALUES (1)")
                    connection.execute("INSERT INTO last VALUES (1)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            copy = copy_of(path)
            assert copy is not None
            (tmp_path / "copy.db").write_bytes(copy.content)
            with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
                counts = "SELECT (SELECT count(*) FROM first), (SELECT count(*) FROM last)"
                first, last = connection.execute(counts).fetchone()
                assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            assert first == last
    finally:
        done.set()
        writer.join()


def test_the_revision_is_read_without_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "imagedepot.db"
    assert revision_of(path) == ""
    assert copy_of(path) is None
    path.touch()
    assert revision_of(path) == ""
    assert copy_of(path) is None
    Database(path).close()
    assert revision_of(path) == newest_revision(MIGRATIONS)
