"""A kill at any write of a first start, or of a later migration, leaves a database that opens, with all its rows."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imagedepot.database.connection import MIGRATIONS, Database
from imagedepot.database.settings import SettingRows
from tests.database.releases import first_release
from tests.ground.killed import killed_openings

LATER = '''
"""Users are copied into a new table; each setting's value changes; a table is new."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("users", recreate="always") as users:
        users.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="none"))
    op.execute("UPDATE settings SET value = value || '!'")
    op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
'''
USERS = 100


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """Ours, and a later one that changes tables and rows."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    head = max(path.name[:4] for path in (folder / "versions").glob("[0-9]*.py"))
    (folder / "versions/9001_later.py").write_text(LATER.format(head=head))
    return folder


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A database of the first release with rows."""
    path = tmp_path / "filled.db"
    Database(path, migrations=first_release(tmp_path)).close()
    with closing(sqlite3.connect(path)) as connection:
        for number in range(USERS):
            connection.execute(
                "INSERT INTO users (username, password, is_admin, created) VALUES (?, 'hash', 0, '2026-11-24')",
                [f"user{number}"],
            )
            connection.execute("INSERT INTO settings VALUES (?, 'value')", [f"setting{number}"])
        connection.commit()
    return path


def test_a_first_start_killed_at_any_write_is_made_up_for(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    assert killed_openings(folder, step=3) >= 10
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
    assert killed_openings(folder, migrations, filled, step=3) >= 10
    for path in folder.glob("*.db"):
        Database(path, migrations=migrations).close()
        with closing(sqlite3.connect(path)) as connection:
            users = connection.execute("SELECT count(*), count(DISTINCT username), min(note) FROM users").fetchone()
            settings = connection.execute("SELECT count(*), min(value), max(value) FROM settings").fetchone()
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert users == (USERS, USERS, "none")
        assert settings == (USERS, "value!", "value!"), "changed once, not twice"


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
