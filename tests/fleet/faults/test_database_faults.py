"""Faults in front of PostgreSQL: silence, resets, a failover. Each is one sentence; what was answered is not lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from imagedepot.database.connection import Database
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.tokens import TokenRows
from imagedepot.errors import DatabaseUnavailable, StorageFailure
from imagedepot.model.names.postgres_address import PostgresAddress
from tests.contracts.rows import token
from tests.fleet.faulty_link import FaultyLink
from tests.ground.postgres import Cluster

PATIENCE = 1.0


@pytest.fixture
def link(cluster: Cluster) -> Iterator[FaultyLink]:
    link = FaultyLink(cluster.port).start()
    yield link
    link.stop()


@pytest.fixture
def through(cluster: Cluster, link: FaultyLink) -> PostgresAddress:
    """A new database, by way of the link."""
    address = cluster.over_network(cluster.make_database())
    return PostgresAddress.parse(address.replace(f":{cluster.port}/", f":{link.port}/") + "?sslmode=disable")


@pytest.fixture
def database(through: PostgresAddress) -> Iterator[Database]:
    database = Database(through, PATIENCE)
    yield database
    database.close()


def test_a_server_that_is_silent_is_one_sentence_and_asked_by_one_caller(database: Database, link: FaultyLink) -> None:
    rows = SettingRows(database)
    rows.put("before", "1")
    link.be_silent()
    with pytest.raises(DatabaseUnavailable, match="cannot be used now: connection timeout expired"):
        rows.all()
    with ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        failures = [pool.submit(rows.put, "during", str(number)) for number in range(24)]
        found = [each.exception(120) for each in failures]
        assert time.monotonic() - began < 60, "24 callers did not wait one after the other"
    assert {type(each) for each in found} == {DatabaseUnavailable}
    link.be_silent(False)
    rows.put("after", "2")
    assert {row.name for row in rows.all()} >= {"before", "after"}


def test_a_server_that_falls_silent_within_a_transaction_is_left_and_nothing_of_it_is_kept(
    database: Database, link: FaultyLink
) -> None:
    rows = SettingRows(database)
    with (
        pytest.raises(DatabaseUnavailable, match="cannot be used now: no answer within 1 seconds"),
        database.session() as session,
    ):
        session.execute(text("INSERT INTO settings (name, value) VALUES ('half', 'x')"))
        link.be_silent()
        session.execute(text("SELECT 1"))
    link.be_silent(False)
    assert [row.name for row in rows.all()] == []


@pytest.mark.parametrize("times", [1, 3])
def test_connections_that_are_reset_lose_nothing_that_was_answered(
    database: Database, link: FaultyLink, times: int
) -> None:
    rows = SettingRows(database)
    answered = []
    for number in range(12):
        if number % (12 // times) == 2:
            link.reset()
        try:
            rows.put(f"row {number}", "x")
        except StorageFailure as error:
            assert "cannot be used now" in str(error)
        else:
            answered.append(f"row {number}")
    assert {row.name for row in rows.all()} >= set(answered)
    assert len(answered) >= 12 - times


def test_a_failover_to_another_host_costs_the_calls_under_way_alone(cluster: Cluster) -> None:
    first, second = FaultyLink(cluster.port).start(), FaultyLink(cluster.port).start()
    place = cluster.over_network(cluster.make_database())
    both = place.replace(f"127.0.0.1:{cluster.port}", f"127.0.0.1:{first.port},127.0.0.1:{second.port}")
    database = Database(PostgresAddress.parse(f"{both}?sslmode=disable"), PATIENCE)
    rows = TokenRows(database)
    try:
        ids = [rows.add(token("ada", "before")).id]
        first.down = True
        first.reset()
        for number in range(5):
            try:
                ids.append(rows.add(token("ada", f"after {number}")).id)
            except DatabaseUnavailable as error:
                assert "cannot be used now" in str(error)
        assert len(ids) >= 5
        assert {each.id for each in rows.all()} >= set(ids)
    finally:
        database.close()
        first.stop()
        second.stop()
