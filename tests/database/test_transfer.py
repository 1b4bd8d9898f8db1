"""All rows come to another database of any kind as they are, in one transaction, and with the ids that are to come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from imagedepot.database.connection import Database
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.notifications import NotificationRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.database.rows.users import UserRows
from imagedepot.database.tables import Base
from imagedepot.database.transfer import check_empty, counts, reading, replace_rows
from imagedepot.errors import Conflict, InvalidInput, StorageFailure
from imagedepot.model.names.postgres_address import PostgresAddress
from tests.contracts.rows import ADA, BOB, CHANNEL, NOON, REQUEST, event, session, token
from tests.database.releases import first_release, later_release
from tests.ground.postgres import Cluster

APART = ("data folder",)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.db"
    database = Database(path)
    for user in (ADA, BOB):
        UserRows(database).put(user)
    UserRows(database).put_session(session("ada", 1))
    TokenRows(database).add(token("ada", "first"))
    gone = TokenRows(database).add(token("ada", "second"))
    TokenRows(database).remove(gone.id)
    SettingRows(database).put("IMAGEDEPOT_BANDWIDTH", "a\0b")
    DownloadRows(database).add(REQUEST, NOON)
    NotificationRows(database).add(CHANNEL)
    AuditRows(database).add([event()] * 2500)
    SigningKeys(database).agree("registry", b"r" * 32)
    SigningKeys(database).agree("data folder", b"s" * 32)
    database.close()
    return path


@pytest.fixture
def postgres(cluster: Cluster) -> Iterator[Database]:
    database = Database(cluster.make_database())
    yield database
    database.close()


def all_rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.snapshot() as rows:
        return {
            table.name: sorted(map(tuple, rows.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def without_owner(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    return {**rows, "signing_keys": [each for each in rows["signing_keys"] if each[0] != "data folder"]}


def test_rows_go_to_postgresql_and_come_back_as_they_were(filled: Path, tmp_path: Path, postgres: Database) -> None:
    SigningKeys(postgres).agree("data folder", b"t" * 32)
    before = filled.read_bytes()
    with reading(filled, tmp_path / "copy.db") as source:
        moved = replace_rows(source, postgres, APART)
        expected = all_rows(source)
    assert filled.read_bytes() == before
    assert (moved["audit_events"], moved["users"], moved["tokens"], moved["signing_keys"]) == (2500, 2, 1, 1)
    assert counts(postgres, APART) == moved
    assert SigningKeys(postgres).find("data folder") == b"t" * 32
    assert TokenRows(postgres).add(token("ada", "third")).id == 3, "an id that was given is not given again"
    TokenRows(postgres).remove(3)
    assert SettingRows(postgres).all()[0].value == "a\ufffdb"

    back = Database(tmp_path / "back.db")
    replace_rows(postgres, back, APART)
    assert TokenRows(back).add(token("ada", "fourth")).id == 4
    TokenRows(back).remove(4)
    expected["settings"] = [("IMAGEDEPOT_BANDWIDTH", "a\ufffdb")]
    assert all_rows(back) == without_owner(expected)
    back.close()


def test_rows_are_replaced_as_a_whole_or_not_at_all(filled: Path, tmp_path: Path, postgres: Database) -> None:
    UserRows(postgres).put(replace(ADA, username="zoe"))
    with reading(filled, tmp_path / "copy.db") as source:
        SettingRows(source).put("NAME", "x")
        with source.session() as session_:
            session_.connection().exec_driver_sql("UPDATE downloads SET id = 5000000000")  # more than PostgreSQL's
        with pytest.raises(StorageFailure, match="refused a change"):
            replace_rows(source, postgres, APART)
    assert [user.username for user in UserRows(postgres).users()] == ["zoe"]


def test_a_second_run_takes_the_place_of_the_first(filled: Path, tmp_path: Path, postgres: Database) -> None:
    for _ in range(2):
        with reading(filled, tmp_path / "copy.db") as source:
            moved = replace_rows(source, postgres, APART)
    assert counts(postgres, APART) == moved


def test_a_time_that_cannot_be_read_costs_no_row(filled: Path, tmp_path: Path, postgres: Database) -> None:
    with closing(sqlite3.connect(filled)) as line, line:
        line.execute("UPDATE users SET created = 'yesterday' WHERE username = 'ada'")
    with reading(filled, tmp_path / "copy.db") as source:
        replace_rows(source, postgres, APART)
    found = {user.username: user.created for user in UserRows(postgres).users()}
    assert found["ada"] is not None
    assert (found["ada"].year, found["bob"]) == (1970, NOON)


def test_a_file_of_an_earlier_release_is_migrated_in_a_copy(tmp_path: Path, postgres: Database) -> None:
    old = tmp_path / "old.db"
    Database(old, migrations=first_release(tmp_path)).close()
    before = old.read_bytes()
    with reading(old, tmp_path / "copy.db") as source:
        assert set(replace_rows(source, postgres, APART).values()) == {0}
    assert old.read_bytes() == before


def test_tables_of_another_version_are_refused(tmp_path: Path, cluster: Cluster) -> None:
    new = tmp_path / "new.db"
    Database(new, migrations=later_release(tmp_path)).close()
    with pytest.raises(InvalidInput, match="made by a newer Image Depot"), reading(new, tmp_path / "copy.db"):
        pass
    address: PostgresAddress = cluster.make_database()
    with pytest.raises(StorageFailure, match="does not have the tables of this version"), reading(address, new):
        pass
    assert (
        cluster.run(address.place.rpartition("/")[2], "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        == []
    )


def test_a_database_with_rows_is_not_empty(postgres: Database) -> None:
    check_empty(postgres, "here")
    UserRows(postgres).put(ADA)
    with pytest.raises(Conflict, match=r"The database here has rows already \(users\): name an empty one"):
        check_empty(postgres, "here")
