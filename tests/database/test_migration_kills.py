"""A kill at any write of a first start, or of a later migration, leaves a database that opens, with all its rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.rows.settings import SettingRows
from tests.database.releases import filled_by_first_release, first_release, is_whole, later_release
from tests.ground.killed import killed_openings

# Each migration makes a hundred writes more; `make soak` dies at every one.
SOME = 11


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    return later_release(tmp_path)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    return filled_by_first_release(tmp_path)


def test_a_first_start_killed_at_any_write_is_made_up_for(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    assert killed_openings(folder, step=SOME) >= 10
    for path in folder.glob("*.db"):
        database = Database(path)
        SettingRows(database).put("name", "value")
        assert [row.name for row in SettingRows(database).all()] == ["name"]
        database.close()


def test_a_migration_killed_at_any_write_is_made_up_for_without_a_lost_row(
    tmp_path: Path, migrations: Path, filled: Path
) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    assert killed_openings(folder, migrations, filled, step=SOME) >= 10
    for path in folder.glob("*.db"):
        Database(path, migrations=migrations).close()
        assert is_whole(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT DISTINCT note FROM users").fetchall() == [("none",)]
            assert connection.execute("SELECT DISTINCT value FROM settings").fetchall() == [("value!",)]


def test_a_migration_that_fails_leaves_the_file_as_it_was(migrations: Path, filled: Path) -> None:
    script = migrations / "versions/9001_later.py"
    script.write_text(script.read_text() + '    op.execute("INSERT INTO no_such_table VALUES (1)")\n')
    with closing(sqlite3.connect(filled)) as connection:
        before = list(connection.iterdump())
        with pytest.raises(Exception, match="no such table"):
            Database(filled, migrations=migrations)
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize("created", range(9))
def test_tables_that_a_killed_first_start_of_the_first_release_left_are_completed(tmp_path: Path, created: int) -> None:
    whole, path = tmp_path / "whole.db", tmp_path / "half.db"
    Database(whole, migrations=first_release(tmp_path)).close()
    with closing(sqlite3.connect(whole)) as connection:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        statements = [sql for (sql,) in connection.execute(query)]
    with closing(sqlite3.connect(path)) as connection:
        for sql in statements[:created]:
            connection.execute(sql)
        connection.commit()
    for each in (path, whole):
        database = Database(each)
        SettingRows(database).put("name", "value")
        database.close()
    with closing(sqlite3.connect(whole)) as one, closing(sqlite3.connect(path)) as other:
        names = "SELECT name FROM sqlite_master ORDER BY name"
        assert one.execute(names).fetchall() == other.execute(names).fetchall()
        assert other.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
