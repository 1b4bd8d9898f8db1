from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from imagedepot.api.encoded.downloads import Snapshot
from imagedepot.api.encoded.events import Events
from imagedepot.api.http.caller import KEY
from imagedepot.app import parts_of
from imagedepot.model.access.role import Role
from imagedepot.model.download import Download as DownloadState
from imagedepot.model.download import DownloadStatus, Part, PartStatus
from imagedepot.wire.v1.images.changes import change
from imagedepot.wire.v1.images.downloads import Download
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.api.stream import events
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.service.kit import request

ASK = "/image/dockerhub/docker/lab/app/1/download"


def push(registry: FaultyRegistry, size: int = 900) -> None:
    push_image(registry.upstream.url, "lab/app", "1", [random_layer(size)])


def test_the_snapshot_comes_first_then_a_download_to_its_end(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push(faulty_registry)
    with events(lab) as reader:
        first = reader.next()
        assert first is not None
        assert (first.name, first.data) == ("snapshot", [])
        lab.post(ASK)
        row = reader.until("download", status="done").data
        assert (row["name"], row["tag"], row["percent"], row["error"]) == ("lab/app", "1", 100, None)
        assert row == lab.get("/downloads")[0]
    with events(lab) as reader:
        again = reader.next()
        assert again is not None
        assert again.data == [row]


def test_who_asks_for_changes_hears_of_a_row_once_and_then_of_what_changed(
    lab: Face, faulty_registry: FaultyRegistry
) -> None:
    """Put together, the changes are the row that others hear as a whole."""
    layers = [random_layer(400_000, number) for number in range(6)]
    push_image(faulty_registry.upstream.url, "lab/app", "1", layers)
    faulty_registry.inject(delivery.slow(400_000), BLOBS)
    rows: dict[str, dict[str, Any]] = {}
    heard = {"download": [0], "change": [0]}
    with events(lab, "?changes=1") as reader:
        reader.next()
        lab.post(ASK)
        for event in reader:
            if event.name not in heard:
                continue
            heard[event.name].append(len(json.dumps(event.data)))
            if event.name == "download":
                rows[event.data["id"]] = event.data
            else:
                row = rows[event.data["id"]]
                for layer in event.data.pop("layers", ()):
                    row["layers"][layer.pop("index")] |= layer
                row |= event.data
            if event.data.get("status") == "done":
                break
    (told,) = lab.get("/downloads")
    assert rows == {told["id"]: told}
    assert len(heard["change"]) > 3
    assert sum(heard["change"]) < 0.6 * max(heard["download"]) * (len(heard["change"]) - 1)


def test_a_change_names_what_changed_and_nothing_else() -> None:
    parts = [Part(f"sha256-{number:064}", 100) for number in range(3)]
    download = DownloadState("7", request(), DownloadStatus.DOWNLOADING, datetime.now(UTC), parts=tuple(parts))
    before = Download.of(download)
    parts[1] = replace(parts[1], bytes=40, status=PartStatus.DOWNLOADING)
    after = Download.of(replace(download, parts=tuple(parts)))
    assert change(before, before) == {"id": "7"}
    layer = {"index": 1, "bytes": 40, "status": "downloading"}
    assert change(before, after) == {"id": "7", "bytes": 40, "layers": [layer]}
    assert change(before, Download.of(replace(download, parts=tuple(parts[:2])))) is None


def test_a_change_of_the_local_list_is_reported(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push(faulty_registry)
    lab.download("dockerhub/docker/lab/app/1")
    with events(lab) as reader:
        reader.next()
        lab.call("DELETE", "/image/local/docker/lab/app")
        assert reader.until("images").data == {}


def test_a_download_is_heard_of_while_it_arrives(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push(faulty_registry, 600_000)
    faulty_registry.inject(delivery.slow(400_000), BLOBS)
    heard = 0
    with events(lab) as reader:
        reader.next()
        lab.post(ASK)
        for event in reader:
            if event.name == "download":
                heard += 1
                if event.data["status"] == "done":
                    break
    assert heard >= 4


def test_nobody_hears_of_a_download_more_than_four_times_a_second(lab: Face, faulty_registry: FaultyRegistry) -> None:
    push(faulty_registry)
    lab.download("dockerhub/docker/lab/app/1")
    (row,) = lab.services.downloads.all()
    enough = threading.Event()

    def change_without_end() -> None:
        while not enough.wait(0.001):
            lab.services.feed.download(row)

    changing = threading.Thread(target=change_without_end)
    with events(lab) as reader:
        reader.next()
        began = time.monotonic()
        changing.start()
        try:
            for _ in range(5):
                reader.until("download")
            took = time.monotonic() - began
        finally:
            enough.set()
            changing.join()
    assert took > 0.99  # the first, and four more


def test_a_reader_that_sleeps_gets_the_latest_state_and_holds_nobody_up(
    lab: Face, faulty_registry: FaultyRegistry
) -> None:
    """It opens the stream, reads nothing for the whole of a download, and then finds its end."""
    push(faulty_registry, 300_000)
    with ExitStack() as stack:
        sleepers = [stack.enter_context(events(lab)) for _ in range(20)]
        assert lab.download("dockerhub/docker/lab/app/1")["status"] == "done"
        for reader in sleepers:
            assert reader.until("download", status="done")


def test_streams_end_when_the_service_does(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face, events(face) as reader:
        reader.next()
        began = time.monotonic()
        face.services.feed.close()
        assert reader.next() is None
        assert time.monotonic() - began < 10  # not only with its next sign of life


def test_a_stream_that_is_asked_for_while_the_service_ends_ends_too(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        face.services.feed.close()
        with events(face) as reader:
            assert [event.name for event in reader] == ["snapshot"]


@pytest.mark.parametrize("leave", ["logout", "removed"])
def test_a_stream_ends_with_its_session(changing: Face, leave: str) -> None:
    changing.log_in("bob", PASSWORD)
    with events(changing) as reader:
        reader.next()
        if leave == "logout":
            changing.call("PUT", "/logout")
        else:
            changing.services.access.remove("bob")
        changing.services.feed.images()  # the next news is the last
        assert list(reader) == []


def test_the_first_user_ends_the_streams_of_strangers(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face, events(face) as reader:
        reader.next()
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        face.services.feed.images()
        assert list(reader) == []


def test_a_listener_who_left_leaves_nothing_behind(lab: Face, faulty_registry: FaultyRegistry) -> None:
    with events(lab) as reader:
        reader.next()
    gate = Gate()
    push(faulty_registry, 200_000)
    faulty_registry.inject(delivery.hold(gate, at=1000), BLOBS)
    lab.post(ASK)
    gate.wait_reached()
    gate.open()
    lab.ended()
    assert not lab.services.feed._slots


def test_silence_is_broken_by_a_comment(face: Face) -> None:
    """Fifteen seconds in the service; a moment here."""

    async def listen() -> list[bytes]:
        scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", KEY: face.services.access.owner()}
        parts = parts_of(face.services)
        response = await Events(parts, Snapshot(parts.downloads), silence=0.05).stream(Request(scope))
        assert isinstance(response, StreamingResponse)
        heard: list[bytes] = []
        async for chunk in response.body_iterator:
            heard.append(bytes(chunk) if not isinstance(chunk, str) else chunk.encode())
            if len(heard) == 3:
                break
        return heard

    assert asyncio.run(listen())[1:] == [b": still here\n\n"] * 2
