"""Rows on PostgreSQL: the same migrations, once for all nodes; a sentence where it is away; no word of its password."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from imagedepot.database.backends.postgresql import _MIGRATING
from imagedepot.database.connection import MIGRATIONS, Database, newest_revision, revisions
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.database.tables import Base
from imagedepot.errors import DatabaseUnavailable, InvalidSetting, StorageFailure
from imagedepot.model.access.audit import AuditQuery
from imagedepot.model.names.postgres_address import PostgresAddress
from tests.contracts.rows import event
from tests.database.releases import first_release, later_release
from tests.ground.postgres import PASSWORD, Cluster
from tests.ground.waiting import wait_until

_COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
def address(cluster: Cluster) -> PostgresAddress:
    return cluster.make_database()


@pytest.fixture
def database(address: PostgresAddress) -> Iterator[Database]:
    database = Database(address)
    yield database
    database.close()


def name_of(address: PostgresAddress) -> str:
    return address.place.rpartition("/")[2]


def shape(cluster: Cluster, address: PostgresAddress) -> list[object]:
    return [cluster.run(name_of(address), query) for query in (_COLUMNS, _INDEXES)]


def up_to(revision: str, folder: Path) -> Path:
    """Our migrations up to one of them."""
    scripts = folder / revision
    shutil.copytree(MIGRATIONS, scripts)
    for script in (scripts / "versions").glob("0*.py"):
        if script.name.partition("_")[0] > revision:
            script.unlink()
    return scripts


def test_each_earlier_schema_is_migrated_to_what_a_new_database_is(cluster: Cluster, tmp_path: Path) -> None:
    address, new = cluster.make_database(), cluster.make_database()
    Database(address, migrations=first_release(tmp_path)).close()
    cluster.run(name_of(address), "INSERT INTO users VALUES ('ada', 'x', true, now()), ('bob', 'x', false, now())")
    for revision in sorted(revisions(MIGRATIONS)):
        Database(address, migrations=up_to(revision, tmp_path)).close()
        assert cluster.run(name_of(address), "SELECT version_num FROM alembic_version") == [(revision,)]
    Database(new).close()
    assert shape(cluster, address) == shape(cluster, new)
    roles = cluster.run(name_of(address), "SELECT username, role FROM users ORDER BY 1")
    assert roles == [("ada", "administrator"), ("bob", "viewer")]
    database = Database(address)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.close()


def test_every_migration_can_be_taken_back(database: Database, cluster: Cluster, address: PostgresAddress) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    tables = cluster.run(name_of(address), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert tables == [("alembic_version",)]


def test_of_two_that_start_at_once_one_migrates(cluster: Cluster, address: PostgresAddress, tmp_path: Path) -> None:
    Database(address).close()
    cluster.run(name_of(address), "INSERT INTO settings VALUES ('a', 'value')")
    later = later_release(tmp_path)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    other = Database(address)
    with ThreadPoolExecutor(2) as pool:
        with other.session() as session:
            session.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
            starts = [pool.submit(Database, address, migrations=later) for _ in range(2)]
            wait_until(lambda: cluster.run("postgres", waiting) == [(2,)])
            assert not any(start.done() for start in starts)
        for start in starts:
            start.result(60).close()
    other.close()
    assert cluster.run(name_of(address), "SELECT value FROM settings") == [("value!",)]


def test_one_made_by_a_newer_image_depot_is_left_alone(cluster: Cluster, address: PostgresAddress) -> None:
    Database(address).close()
    cluster.run(name_of(address), "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageFailure, match=f"^The database {address} was made by a newer Image Depot$"):
        Database(address)


def test_a_database_of_another_program_is_left_alone(cluster: Cluster, address: PostgresAddress) -> None:
    cluster.run(name_of(address), "CREATE TABLE users (name text)")
    with pytest.raises(StorageFailure, match=r"has tables of another program \(users\): name an empty one"):
        Database(address)
    assert len(cluster.run(name_of(address), _COLUMNS)) == 1


def test_a_migration_that_fails_leaves_nothing_behind(
    cluster: Cluster, address: PostgresAddress, tmp_path: Path
) -> None:
    Database(address).close()
    before = shape(cluster, address)
    later = later_release(tmp_path)
    script = later / "versions/9001_later.py"
    script.write_text(script.read_text() + '    op.execute("SELECT nonsense")\n')
    with pytest.raises(StorageFailure, match=r'Cannot use the database .*: column "nonsense" does not exist'):
        Database(address, migrations=later)
    assert shape(cluster, address) == before
    assert cluster.run(name_of(address), "SELECT version_num FROM alembic_version") == [(newest_revision(MIGRATIONS),)]


def test_a_connection_that_is_lost_costs_one_sentence(
    database: Database, cluster: Cluster, address: PostgresAddress
) -> None:
    rows = SettingRows(database)
    with (
        pytest.raises(DatabaseUnavailable, match=f"^The database {address} cannot be used now: terminating connection"),
        database.session() as session,
    ):
        session.execute(text("INSERT INTO settings VALUES ('lost', 'x')"))
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        cluster.run("postgres", f"SELECT pg_terminate_backend({pid}, 60000)")
        session.execute(text("SELECT 1"))
    rows.put("a", "b")
    assert [row.name for row in rows.all()] == ["a"]


def test_connections_that_are_cut_while_nobody_uses_them_cost_nothing(database: Database, cluster: Cluster) -> None:
    rows = SettingRows(database)
    rows.put("a", "b")
    mine = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'imagedepot'"
    assert (True,) in cluster.run("postgres", mine)
    rows.put("c", "d")
    assert len(rows.all()) == 2


def test_a_server_that_is_away_is_a_sentence_until_it_is_back(
    database: Database, cluster: Cluster, address: PostgresAddress
) -> None:
    rows = SettingRows(database)
    rows.put("a", "b")
    cluster.stop()
    try:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable, match=f"^The database {address} cannot be used now: conn.* failed"):
                rows.put("a", "c")
        with pytest.raises(DatabaseUnavailable, match=f"^The database {address} cannot be used now: conn.* failed"):
            Database(address)
    finally:
        cluster.start()
    assert [row.value for row in rows.all()] == ["b"]


def test_a_server_that_became_a_standby_is_left(database: Database) -> None:
    with database.session() as session:
        session.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
    rows = SettingRows(database)
    with pytest.raises(DatabaseUnavailable, match="read-only transaction"):
        rows.put("a", "b")
    rows.put("a", "b")


def test_a_password_comes_from_the_address_or_a_file_and_is_never_told(
    cluster: Cluster, address: PostgresAddress, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    bare = PostgresAddress.parse(cluster.over_network(address, None))
    Database(PostgresAddress.parse(cluster.over_network(address))).close()
    Database(PostgresAddress(bare.uri, bare.place, file)).close()
    wrong = PostgresAddress.parse(cluster.over_network(address, "hunter2"))
    with pytest.raises(DatabaseUnavailable, match="password authentication failed") as told:
        Database(wrong)
    file.unlink()
    with pytest.raises(InvalidSetting, match=f"^IMAGEDEPOT_DATABASE_PASSWORD_FILE: {file} cannot be read$"):
        Database(PostgresAddress(bare.uri, bare.place, file))
    said = f"{told.value!r} {wrong!r} {wrong} {caplog.text}"
    assert "hunter2" not in said
    assert PASSWORD not in said
    assert PASSWORD.replace(" ", "%20") not in said


def test_an_address_that_the_library_refuses_is_not_repeated() -> None:
    with pytest.raises(InvalidSetting, match="in a way that PostgreSQL does not know") as told:
        Database(PostgresAddress.parse("postgresql://u:hunter2@[::1/name"))
    assert "hunter2" not in repr(told.value)
    assert told.value.__cause__ is None


def test_texts_that_sqlite_takes_are_taken(database: Database) -> None:
    SettingRows(database).put("x" * 1000, "a\0b")
    assert [(len(row.name), row.value) for row in SettingRows(database).all()] == [(1000, "a\ufffdb")]
    AuditRows(database).add([event(target="\0", action="x" * 1000, request="x" * 1000)])
    assert [each.target for each in AuditRows(database).find(AuditQuery(text="\ufffd"), 10)] == ["\ufffd"]


def test_two_who_put_the_same_row_at_once_both_succeed(database: Database) -> None:
    both = threading.Barrier(2)
    keys = SigningKeys(database)

    def put(number: int) -> bytes:
        both.wait(60)
        SettingRows(database).put("name", str(number))
        both.wait(60)
        return keys.get("purpose")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(put, range(2))
    assert first == second == keys.find("purpose")
    assert len(SettingRows(database).all()) == 1
