"""Thousands of downloads that have ended: pages, one snapshot for all, and readers that do not read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from imagedepot.api.encoded.downloads import Snapshot
from imagedepot.api.encoded.events import Events
from imagedepot.api.http.caller import KEY
from imagedepot.app import parts_of
from imagedepot.database.connection import Database
from imagedepot.database.stored import DATABASE
from imagedepot.service.downloads.line.either_queue import LISTED, MOST_KEPT
from tests.api.conftest import NOBODY
from tests.api.face import Face

ENDED = MOST_KEPT + 1_000
REQUEST = '{"depot":"dockerhub","type":"docker","name":"lab/app","tag":"%d","platform":null,"remark":["%s","",""]}'


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """A service that found more ended downloads than it keeps."""
    folder = tmp_path_factory.mktemp("many")
    Database(folder / DATABASE).close()
    begin = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.executemany(
            "INSERT INTO downloads (id, request, status, created, ended, error, parts) "
            "VALUES (?, ?, 'failed', ?, ?, 'no', '[]')",
            [
                (number, REQUEST % (number, "x" * 500), moment, moment)
                for number in range(1, ENDED + 1)
                for moment in [f"{begin + timedelta(seconds=number)}"]
            ],
        )
    with Face(folder, **NOBODY) as face:
        yield face


def test_no_more_are_kept_than_the_newest(many: Face) -> None:
    kept = [int(download.id) for download in many.services.downloads.all()]
    assert kept == list(range(ENDED, ENDED - MOST_KEPT, -1))
    with closing(sqlite3.connect(many.folder / DATABASE)) as connection:
        assert connection.execute("SELECT count(*), min(id) FROM downloads").fetchone() == (MOST_KEPT, 1_001)


def test_pages_follow_one_another_without_a_gap(many: Face) -> None:
    first = many.get("/downloads")
    assert [int(row["id"]) for row in first] == list(range(ENDED, ENDED - LISTED, -1))
    assert many.get("/downloads?limit=10") == first[:10]
    assert many.get(f"/downloads?limit=10&before={first[9]['id']}") == first[10:20]
    rest = []
    last = first[-1]["id"]
    while page := many.get(f"/downloads?before={last}"):
        rest += page
        last = page[-1]["id"]
    assert len(first) + len(rest) == MOST_KEPT


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 400), ("limit=1001", 400), ("limit=x", 400), ("before=0", 404)],
)
def test_a_page_that_is_none_is_refused(many: Face, query: str, status: int) -> None:
    assert many.call("GET", f"/downloads?{query}").status == status


def test_the_snapshot_is_made_once_for_all_until_something_changes(many: Face) -> None:
    snapshot = Snapshot(many.services.downloads)
    before = snapshot.json()
    assert snapshot.json() is before
    many.services.downloads.remove(str(ENDED - LISTED))
    assert snapshot.json() is not before


def test_a_listener_that_does_not_read_is_given_one_piece_and_no_more(many: Face) -> None:
    sent: list[Any] = []

    async def listen() -> None:
        parts = parts_of(many.services)
        scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", KEY: parts.access.anonymous()}
        request = Request(scope)
        response = await Events(parts, Snapshot(parts.downloads)).stream(request)
        stuck = asyncio.Event()

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 2:  # the head, and one piece of the snapshot
                stuck.set()
                await asyncio.Event().wait()

        async def receive() -> Any:
            await asyncio.Event().wait()

        task = asyncio.create_task(response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send))
        await stuck.wait()
        for download in parts.downloads.all()[:50]:
            many.services.feed.download(download)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(listen())
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert len(sent[1]["body"]) < 100_000 < len(Snapshot(many.services.downloads).json())
