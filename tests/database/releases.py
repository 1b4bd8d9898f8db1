"""The database as earlier releases made it, and as a later one will."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from imagedepot.database.connection import MIGRATIONS, Database, newest_revision

USERS = 100
_LATER = '''
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


def first_release(folder: Path) -> Path:
    """The migrations of the first release alone, in a folder of their own."""
    first = folder / "first"
    shutil.copytree(MIGRATIONS, first, ignore=shutil.ignore_patterns("000[2-9]*", "00[1-9]*"))
    return first


def later_release(folder: Path) -> Path:
    """Our migrations, and a later one that changes tables and rows."""
    later = folder / "migrations"
    shutil.copytree(MIGRATIONS, later)
    (later / "versions/9001_later.py").write_text(_LATER.format(head=newest_revision(MIGRATIONS)))
    return later


def filled_by_first_release(folder: Path) -> Path:
    """A database of the first release with rows: `USERS` users, and as many settings."""
    path = folder / "filled.db"
    Database(path, migrations=first_release(folder)).close()
    with closing(sqlite3.connect(path)) as connection:
        for number in range(USERS):
            connection.execute(
                "INSERT INTO users (username, password, is_admin, created) VALUES (?, 'hash', 0, '2026-11-24')",
                [f"user{number}"],
            )
            connection.execute("INSERT INTO settings VALUES (?, 'value')", [f"setting{number}"])
        connection.commit()
    return path


def is_whole(path: Path) -> bool:
    """Whether SQLite finds no fault in the file, and every row of `filled_by_first_release` is there once."""
    with closing(sqlite3.connect(path)) as connection:
        users = connection.execute("SELECT count(*), count(DISTINCT username) FROM users").fetchone()
        settings = connection.execute("SELECT count(*), min(value), max(value) FROM settings").fetchone()
        sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # A later release changes each value once, not twice.
    changed_once = settings in ((USERS, "value", "value"), (USERS, "value!", "value!"))
    return bool(sound and users == (USERS, USERS) and changed_once)
