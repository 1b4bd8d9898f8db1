"""Reports to a service manager, over a real socket."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.server.systemd.notify import ServiceManager
from tests.server.systemd.manager import Manager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    with Manager(f"@{uuid.uuid4()}" if request.param == "abstract" else str(tmp_path / "notify")) as running:
        yield running


def test_each_state_is_one_datagram(manager: Manager) -> None:
    service = ServiceManager.taken_from({"NOTIFY_SOCKET": manager.address})
    service.ready("Listening on http://127.0.0.1:8080")
    service.alive()
    service.stopping()
    assert manager.next() == ["READY=1", "STATUS=Listening on http://127.0.0.1:8080"]
    assert manager.next() == ["WATCHDOG=1"]
    assert manager.next() == ["STOPPING=1", "STATUS=Stopping"]
    assert manager.is_silent


def test_programs_that_the_service_starts_cannot_report_in_its_place(manager: Manager) -> None:
    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "5", "WATCHDOG_PID": "1", "HOME": "/root"}
    ServiceManager.taken_from(environment)
    assert environment == {"HOME": "/root"}


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_for_the_process_that_it_names(variables: dict[str, str], seconds: float | None) -> None:
    service = ServiceManager.taken_from({"NOTIFY_SOCKET": "/run/systemd/notify", **variables})
    assert service.watchdog_seconds == seconds


def test_without_a_service_manager_nothing_is_sent_and_no_watchdog_waits() -> None:
    service = ServiceManager.taken_from({"WATCHDOG_USEC": "30000000"})
    service.ready("")
    assert service.watchdog_seconds is None


def test_one_that_has_gone_is_a_warning_and_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ServiceManager(str(tmp_path / "gone")).alive()
    assert "cannot report WATCHDOG=1 to the service manager" in caplog.text
