"""The watchdog is fed by a service whose event loop and threads are alive, and by no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.server.systemd.notify import ServiceManager
from imagedepot.server.systemd.watchdog import beat
from tests.e2e.service import Service
from tests.server.systemd.manager import Manager


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with Manager(str(tmp_path / "notify")) as running:
        yield running


def test_it_beats_while_all_is_alive(manager: Manager) -> None:
    async def run() -> None:
        threads = {"downloads": lambda: True, "transfers": lambda: True}
        task = asyncio.create_task(beat(ServiceManager(manager.address, 0.03), threads))
        await asyncio.to_thread(lambda: [manager.next() for _ in range(4)])
        task.cancel()

    asyncio.run(run())
    assert manager.messages == [["WATCHDOG=1"]] * 4


def test_a_thread_that_has_died_ends_it(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def is_alive() -> bool:
            loop.call_soon_threadsafe(asked.set)
            return False

        task = asyncio.create_task(beat(ServiceManager(manager.address, 0.03), {"downloads": is_alive}))
        for _ in range(3):
            await asyncio.wait_for(asked.wait(), 60)
            asked.clear()
        task.cancel()

    asyncio.run(run())
    assert manager.is_silent
    assert "not alive: downloads" in caplog.text


def test_threads_that_get_no_turn_end_it(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    async def run() -> None:
        task = asyncio.create_task(beat(ServiceManager(manager.address, 0.03), {"downloads": go_on.wait}))
        while "not alive: threads" not in caplog.text:
            await asyncio.sleep(0)
        task.cancel()
        go_on.set()

    asyncio.run(asyncio.wait_for(run(), 60))
    assert manager.is_silent


def test_no_beat_comes_from_an_event_loop_that_is_stuck(manager: Manager) -> None:
    async def run() -> None:
        task = asyncio.create_task(beat(ServiceManager(manager.address, 0.03), {}))
        await asyncio.to_thread(manager.next)
        while not manager.is_silent:  # what was sent before
            pass
        threading.Event().wait(0.2)  # many beats long, in the event loop
        assert manager.is_silent
        await asyncio.to_thread(manager.next)
        task.cancel()

    asyncio.run(run())


def test_where_no_watchdog_waits_nothing_beats(manager: Manager) -> None:
    asyncio.run(asyncio.wait_for(beat(ServiceManager(manager.address), {}), 60))
    assert manager.is_silent


def test_the_service_reports_that_it_is_ready_alive_and_stopping(manager: Manager, tmp_path: Path) -> None:
    service = Service(tmp_path / "data", registry_url="http://127.0.0.1:9")
    service.environment |= {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000"}
    with service:
        assert manager.next() == ["READY=1", f"STATUS=Listening on {service.url}"]
        assert service.call("GET", "/system")[0] == 200  # it was no empty promise
        manager.wait_for("WATCHDOG=1")
        manager.wait_for("WATCHDOG=1")
        assert service.stop() == 0
        assert manager.wait_for("STOPPING=1") == ["STOPPING=1", "STATUS=Stopping"]
    assert "READY=1" not in [line for message in manager.messages[1:] for line in message]
