"""Access tokens, apart from any face."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.errors import Conflict, StorageFailure
from imagedepot.model.access.scope import Scope
from imagedepot.service.access.tokens import Tokens

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class House:
    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.folder = folder
        self.database = Database(folder / "imagedepot.db")
        self.tokens = self.again()

    def again(self) -> Tokens:
        return Tokens(TokenRows(self.database), lambda: self.now)

    def add(self, expires: datetime | None = None) -> tuple[int, str]:
        token, secret = self.tokens.add("ci", "ada", [Scope.READ], ["*"], expires)
        return token.id, secret


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.close()


def test_it_survives_a_restart_and_its_secret_is_not_kept(house: House) -> None:
    id_, secret = house.add()
    again = house.again().find(secret)
    assert again is not None
    assert again.id == id_
    house.database.close()
    assert all(secret.encode() not in file.read_bytes() for file in house.folder.iterdir())


def test_it_ends_at_its_time(house: House) -> None:
    id_, secret = house.add(NOON + timedelta(days=1))
    house.now += timedelta(days=1)
    assert house.tokens.find(secret) is None
    assert not house.tokens.is_valid(id_)


def test_its_use_is_written_down_once_a_minute(house: House) -> None:
    id_, _ = house.add()
    seen = []
    for _ in range(5):
        if house.tokens.is_use_due(id_):
            house.tokens.note_use(id_)
        seen.append(house.again().get(id_).last_used)
        house.now += timedelta(seconds=30)
    assert seen == [NOON, NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]


def test_an_id_is_not_given_again(house: House) -> None:
    first, _ = house.add()
    house.tokens.remove(first)
    assert house.add()[0] > first


def test_there_is_an_end_to_them(house: House) -> None:
    with house.database.engine.begin() as connection:
        for number in range(1000):
            connection.exec_driver_sql(
                "INSERT INTO tokens (name, username, hashed, scopes, repositories, created) "
                "VALUES ('x', 'ada', ?, 'read future', '*', '2026-11-24 12:00:00')",
                (str(number),),
            )
    house.tokens = house.again()
    assert house.tokens.all()[0].scopes == (Scope.READ,), "a scope of a later version allows nothing"
    with pytest.raises(Conflict, match="There are 1000 access tokens already"):
        house.add()


def test_a_use_that_cannot_be_written_down_is_logged_and_refuses_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    id_, secret = house.add()

    def full(*_: object) -> None:
        raise StorageFailure("Cannot write to the database: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(TokenRows, "note_use", full)
        house.tokens.note_use(id_)
    assert "cannot write down the use of an access token: Cannot write to the database" in caplog.text
    assert house.tokens.is_use_due(id_), "the next call tries again"
    assert house.tokens.find(secret) is not None


def test_a_database_that_hangs_holds_up_no_other_call(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    id_, _ = house.add()
    other, _ = house.add()
    asked, gate, noted = threading.Event(), threading.Event(), []

    def hang(_: object, token: int, time: datetime) -> None:
        noted.append(token)
        if token == id_:
            asked.set()
            assert gate.wait(20)

    monkeypatch.setattr(TokenRows, "note_use", hang)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(house.tokens.note_use, id_)
        assert asked.wait(20)
        house.tokens.note_use(id_)
        house.tokens.note_use(other)
        assert not first.done()
        gate.set()
        first.result(20)
    assert noted == [id_, other]
    assert not house.tokens.is_use_due(id_)
