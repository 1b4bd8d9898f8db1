"""`/healthz` and `/readyz`: who is alive, who can work, and who is told why not."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face

BOUND = 5.0
"""Seconds within which `/readyz` is promised to fail."""


def ask(face: Face, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    with face.opened("GET", path, headers=headers, base="") as response:
        return response.status, response.read().decode()


def ready(face: Face, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    status, text = ask(face, "/readyz", headers)
    return status, json.loads(text)


def failing(answer: Any) -> dict[str, str]:
    return {each["name"]: each["reason"] for each in answer["checks"] if not each["ok"]}


def becomes(face: Face, status: int) -> tuple[Any, float]:
    """Ask until it answers that; the answer, and for how long it did not."""
    began = time.monotonic()
    while True:
        found, answer = ready(face)
        if found == status:
            return answer, time.monotonic() - began
        assert time.monotonic() - began < 30, answer


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the lock that every change needs."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_it_is_alive_and_says_nothing_else(face: Face, guarded: Face) -> None:
    for each in (face, guarded):
        assert ask(each, "/healthz") == (200, "ok\n")
        assert ask(each, "/healthz/") == (200, "ok\n")
        with each.opened("HEAD", "/healthz", base="") as response:
            assert (response.status, response.read()) == (200, b"")


def test_a_service_at_work_is_ready(face: Face) -> None:
    status, answer = ready(face)
    assert status == 200
    assert answer["ready"] is True
    assert [(each["name"], each["ok"]) for each in answer["checks"]] == [
        ("database", True),
        ("disk", True),
        ("docker", True),
        ("lxc", True),
    ]


def test_a_locked_database_is_named_in_time_and_passes(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face:
        assert ready(face)[0] == 200
        with locked(tmp_path / "imagedepot.db"):
            answer, seconds = becomes(face, 503)
            assert seconds < BOUND
            assert answer["ready"] is False
            assert failing(answer) == {
                "database": f"The database {tmp_path}/imagedepot.db cannot be changed: database is locked"
            }
            assert ask(face, "/healthz") == (200, "ok\n")
        becomes(face, 200)


def test_a_database_that_is_gone_is_named(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face:
        (tmp_path / "imagedepot.db").rename(tmp_path / "elsewhere")
        answer, _ = becomes(face, 503)
        assert "database" in failing(answer)


def test_an_engine_that_is_away_is_named(tmp_path: Path) -> None:
    with Face(tmp_path / "data", docker=f"unix://{tmp_path}/absent.sock", **NOBODY) as face:
        answer, seconds = becomes(face, 503)
        assert seconds < BOUND
        assert list(failing(answer)) == ["docker"]
        assert "absent.sock" in failing(answer)["docker"]


def test_an_engine_that_hangs_is_named_in_time(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(tmp_path / "engine.sock"))
        listener.listen(50)
        with Face(tmp_path / "data", docker=f"unix://{tmp_path}/engine.sock", **NOBODY) as face:
            began = time.monotonic()
            status, answer = ready(face)
            assert time.monotonic() - began < BOUND
            assert (status, failing(answer)) == (503, {"docker": "No answer within 3 seconds"})


def test_a_folder_of_images_that_is_gone_is_named(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face:
        (tmp_path / "content").rename(tmp_path / "elsewhere")
        answer, _ = becomes(face, 503)
        assert list(failing(answer)) == ["docker", "lxc"]
        assert failing(answer)["lxc"] == f"The folder {tmp_path}/content with the lxc images is missing"
        (tmp_path / "elsewhere").rename(tmp_path / "content")


def test_an_upstream_that_is_down_is_named_and_changes_nothing(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face:
        assert ready(face)[1]["upstreams"] == []
        face.download("dockerhub/docker/lab/app/1")
        status, answer = ready(face)
        assert (status, answer["ready"]) == (200, True)
        assert [(each["name"], each["ok"]) for each in answer["upstreams"]] == [("docker.io", False)]
        assert "127.0.0.1:9" in answer["upstreams"][0]["reason"]


def test_strangers_learn_which_part_fails_and_no_more(changing: Face) -> None:
    changing.services.traffic.answered("127.0.0.1:9", 503)
    changing.log_in("ada", PASSWORD)
    cookie, changing.cookie = changing.cookie, ""
    with locked(changing.folder / "imagedepot.db"):
        answer, _ = becomes(changing, 503)
        assert answer["upstreams"] == []
        assert failing(answer) == {"database": ""}
        assert str(changing.folder) in failing(ready(changing, {"Cookie": cookie})[1])["database"]
    changing.cookie = ""
    changing.log_in("bob", PASSWORD)
    with locked(changing.folder / "imagedepot.db"):
        answer, _ = becomes(changing, 503)
        assert failing(answer) == {"database": ""}
        assert answer["upstreams"] == [{"name": "docker.io", "ok": False, "reason": ""}]
    changing.log_in("ada", PASSWORD)
    assert ready(changing)[1]["upstreams"][0]["reason"] == "127.0.0.1:9 answered 503"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "depot.svc.cluster.local"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Authorization": "Bearer made-up"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_probes_answer_callers_who_are_refused_elsewhere_as_strangers(
    face: Face, caplog: pytest.LogCaptureFixture, headers: Mapping[str, str]
) -> None:
    face.services.traffic.answered("127.0.0.1:9", 503)
    assert ask(face, "/healthz", headers)[0] == 200
    status, answer = ready(face, headers)
    assert status == 200
    if "Authorization" not in headers:  # while no user is defined, it opens nothing and closes nothing
        assert answer["upstreams"] == []
    assert "refused" not in caplog.text


def test_a_crowd_that_asks_costs_one_check_a_second(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face, locked(tmp_path / "imagedepot.db"):
        becomes(face, 503)
        statuses: list[int] = []
        crowd = [threading.Thread(target=lambda: statuses.append(ready(face)[0])) for _ in range(100)]
        began = time.monotonic()
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        assert statuses == [503] * 100
        assert time.monotonic() - began < 20  # one after the other, they would take minutes
