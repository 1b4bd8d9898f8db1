"""The SQLite file: migrated, kept for its owner alone, and a clear sentence where it cannot be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from imagedepot.database.connection import MIGRATIONS, Database, newest_revision
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.tables import Base
from imagedepot.errors import StorageFailure
from tests.database.releases import first_release


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "imagedepot.db"


def migrated(path: Path) -> Path:
    """A database that every migration has been run on, as those of earlier versions are."""
    scripts = shutil.copytree(MIGRATIONS, path.parent / "scripts")
    Database(path, migrations=scripts).close()
    return path


def shape(path: Path) -> dict[str, object]:
    """Of each table its columns (name, type, whether NULL is refused, default, place in the key) and indexes."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: (
                sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})")),
                sorted(row[1:] for row in connection.execute(f"PRAGMA index_list({table})")),
            )
            for table in tables
        }


def test_the_migrations_end_at_the_tables(path: Path) -> None:
    database = Database(migrated(path))
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.close()


def test_a_new_database_is_what_the_migrations_make(path: Path, tmp_path: Path) -> None:
    """Also by a process that has loaded nothing else: each table of ours has to be known to the one that makes them."""
    script = "import sys; from pathlib import Path; from imagedepot.database.connection import Database\n"
    script += "Database(Path(sys.argv[1])).close()"
    subprocess.run([sys.executable, "-c", script, path], check=True)
    other = migrated(tmp_path / "migrated.db")
    assert shape(path) == shape(other)
    with closing(sqlite3.connect(path)) as new, closing(sqlite3.connect(other)) as old:
        version = "SELECT version_num FROM alembic_version"
        assert new.execute(version).fetchall() == old.execute(version).fetchall()


def test_the_newest_revision_is_read_off_the_names_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision(MIGRATIONS) == ScriptDirectory.from_config(config).get_current_head()


def test_only_a_database_of_an_earlier_version_needs_alembic(path: Path, tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from imagedepot.database.connection import Database\n"
    script += "Database(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"

    def loads_alembic(file: Path) -> str:
        return subprocess.run([sys.executable, "-c", script, file], check=True, capture_output=True, text=True).stdout

    assert loads_alembic(path) == "False\n", "a new one"
    assert loads_alembic(path) == "False\n", "one of this version"
    Database(tmp_path / "old.db", migrations=first_release(tmp_path)).close()
    assert loads_alembic(tmp_path / "old.db") == "True\n"


def test_every_migration_can_be_taken_back(path: Path) -> None:
    database = Database(path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1, "one line of migrations"
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        assert {name for name in tables if not name.startswith("sqlite_")} == {"alembic_version"}
    database.close()
    again = Database(path)
    SettingRows(again).put("a", "b")
    again.close()


def test_it_is_for_its_owner_alone_and_written_ahead(path: Path) -> None:
    database = Database(path)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("imagedepot.db", "imagedepot.db-wal", "imagedepot.db-shm"), 0o600)
    with database.session() as session:
        pragmas = [session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2], "FULL: what was promised is there after a power cut"
    database.close()


def test_a_failed_change_is_taken_back(path: Path) -> None:
    database = Database(path)
    rows = SettingRows(database)
    with pytest.raises(ZeroDivisionError), database.session() as session:
        session.execute(text("INSERT INTO settings (name, value) VALUES ('a', 'b')"))
        raise ZeroDivisionError
    assert rows.all() == []
    database.close()


def test_what_was_written_survives_a_kill(path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from imagedepot.database.connection import Database;"
        "from imagedepot.database.rows.settings import SettingRows;"
        "SettingRows(Database(Path(sys.argv[1]))).put('name', 'value'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -9
    database = Database(path)
    assert [(row.name, row.value) for row in SettingRows(database).all()] == [("name", "value")]
    database.close()


@pytest.mark.parametrize("content", [b"no database at all, but text" * 100, b"SQLite format 3\x00" + bytes(4000)])
def test_what_is_no_database_is_said_to_be_none_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageFailure, match=rf"^Cannot use the database {path}: (file is not a database|.*malformed)"):
        Database(path)
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageFailure, match=f"^Cannot use the database {path}: Is a directory$"):
        Database(path)


def test_one_that_another_program_holds_is_said_to_be_locked(path: Path) -> None:
    Database(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO settings VALUES ('a', 'b')")
        with pytest.raises(StorageFailure, match=f"^Cannot use the database {path}: database is locked$"):
            Database(path, busy_seconds=0.05)


def test_a_change_while_it_is_locked_is_a_sentence(path: Path) -> None:
    database = Database(path, busy_seconds=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailure, match=r"^The database refused a change: database is locked$"):
            SettingRows(database).put("a", "b")
        other.execute("ROLLBACK")
    SettingRows(database).put("a", "b")
    database.close()


def test_one_made_by_a_newer_image_depot_is_left_alone(path: Path) -> None:
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StorageFailure, match=f"^The database {path} was made by a newer Image Depot$"):
        Database(path)


def test_a_full_disk_is_a_sentence_and_nothing_is_lost(path: Path) -> None:
    """In a process of its own, whose files may not grow beyond what they are."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from imagedepot.database.connection import Database\n"
        "from imagedepot.database.rows.settings import SettingRows\n"
        "path = Path(sys.argv[1]); rows = SettingRows(Database(path)); rows.put('kept', 'value')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "rows.put('large', 'x' * 1_000_000)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "StorageFailure: The database refused a change: " in done.stderr
    database = Database(path)
    assert [row.name for row in SettingRows(database).all()] == ["kept"]
    database.close()


def test_a_file_that_may_not_be_written_is_a_sentence(path: Path) -> None:
    Database(path).close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    code = (
        "import os, sys; from pathlib import Path; from imagedepot.database.connection import Database\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "Database(Path(sys.argv[1]))"
    )
    for folder in (path.parent, *path.parent.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    path.parent.chmod(0o755)
    assert f"StorageFailure: Cannot use the database {path}: " in done.stderr
