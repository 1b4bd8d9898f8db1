"""Rows of updates come back as they were put."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.rows.updates import UpdateRows
from imagedepot.model.digest import Digest
from imagedepot.model.following.updates import KeptVersion, UpdateAction, UpdateCheck, UpdateRule
from imagedepot.model.image import ImageType

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B = Digest.of(b"a"), Digest.of(b"b")
CHECK = UpdateCheck(
    ImageType.DOCKER, "lab/app", "1", NOON, NOON + HOUR, A, B, "2", 1 << 40, NOON - HOUR, "no way", NOON - 2 * HOUR
)
RULE = UpdateRule("lab/*", UpdateAction.DOWNLOAD, 3, "^7.2", timedelta(days=3), "sat 02:00-05:00", 6 * HOUR)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = Database(place)
    yield database
    database.close()


@pytest.fixture
def rows(database: Database) -> UpdateRows:
    return UpdateRows(database)


def test_a_check_replaces_the_one_before(rows: UpdateRows) -> None:
    bare = UpdateCheck(ImageType.LXC, "debian/bookworm", "latest", NOON, NOON)
    rows.put_check(bare)
    rows.put_check(replace(CHECK, size=None))
    rows.put_check(CHECK)
    assert {each.key: each for each in rows.checks()} == {bare.key: bare, CHECK.key: CHECK}
    rows.remove_checks([CHECK.key])
    assert list(rows.checks()) == [bare]


def test_rules_come_by_pattern(rows: UpdateRows) -> None:
    first = UpdateRule("a")
    rows.put_rule(replace(RULE, keep=1))
    rows.put_rule(RULE)
    rows.put_rule(first)
    assert list(rows.rules()) == [first, RULE]
    rows.remove_rule("a")
    assert list(rows.rules()) == [RULE]


def test_versions_come_oldest_first(rows: UpdateRows) -> None:
    newer, older = KeptVersion("lab/app", str(A), "1", NOON), KeptVersion("lab/app", str(B), "1", NOON - HOUR)
    rows.put_version(newer)
    rows.put_version(older)
    assert list(rows.versions()) == [older, newer]
    rows.remove_version("lab/app", str(B))
    assert list(rows.versions()) == [newer]


def test_a_row_that_cannot_be_read_costs_itself_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(tmp_path / "imagedepot.db")  # SQLite, which keeps a text in a column of times or numbers
    rows = UpdateRows(database)
    rows.put_check(CHECK)
    rows.put_check(replace(CHECK, tag="2"))
    rows.put_rule(RULE)
    for pattern in ("b", "c", "d", "e"):
        rows.put_rule(replace(RULE, pattern=pattern))
    rows.put_version(KeptVersion("lab/app", "1", "1", NOON))
    with database.session() as session:
        session.execute(text("UPDATE update_checks SET due = 'soon' WHERE tag = '2'"))
        session.execute(text("UPDATE update_rules SET action = 'explode' WHERE pattern = 'b'"))
        session.execute(text("UPDATE update_rules SET min_age = 'old' WHERE pattern = 'c'"))
        session.execute(text("UPDATE update_rules SET every = 1 << 62 WHERE pattern = 'd'"))
        session.execute(text("UPDATE update_rules SET keep = 'all' WHERE pattern = 'e'"))
        session.execute(text("UPDATE update_versions SET since = 'once'"))
    assert list(rows.checks()) == [CHECK]
    assert list(rows.rules()) == [RULE]
    assert list(rows.versions()) == []
    assert "update_checks: 1 rows cannot be read" in caplog.text
    database.close()
