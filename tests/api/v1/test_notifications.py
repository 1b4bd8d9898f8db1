"""Notifications over the API: channels without their secrets, tests that tell, and what happens reaching a receiver."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from imagedepot.service.happenings import low_disk
from tests.api.conftest import PASSWORD
from tests.api.face import Face
from tests.fakes.hooks import HookServer
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until

EVENTS = ["update_available", "downloaded", "failed", "low_disk", "fault_found", "login_attempts"]
MAIL = {
    "kind": "email",
    "address": "smtps://mail.lan:465",
    "username": "depot",
    "secret": "secret-word",
    "sender": "depot@nas.lan",
    "recipients": ["ada@home.lan"],
}


@pytest.fixture
def ada(closed: Face) -> Iterator[Face]:
    """The shared face with the administrator logged in; no channel stays."""
    closed.log_in("ada", PASSWORD)
    session = closed.cookie
    yield closed
    closed.cookie = session
    for row in closed.get("/notifications"):
        closed.call("DELETE", f"/notifications/{row['id']}")
    closed.cookie = ""


@pytest.fixture
def server() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


def added(face: Face, name: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = face.post("/notifications", {"name": name, **more})
    return row


def test_a_channel_is_listed_without_its_secrets(ada: Face) -> None:
    row = added(ada, "mail", **MAIL, events=["failed"])
    assert row.pop("secret") is None
    assert {**row, "id": "", "created": ""} == {
        "id": "",
        "name": "mail",
        "kind": "email",
        "address": "smtps://mail.lan:465",
        "username": "depot",
        "sender": "depot@nas.lan",
        "recipients": ["ada@home.lan"],
        "events": ["failed"],
        "created": "",
        "sent": None,
        "error": None,
        "waiting": 0,
    }
    assert ada.get("/notifications") == [row]


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "webhook", "address": "https://user:S3CRET@hook.lan/S3CRET"},
        {"kind": "webhook", "address": "http://[/S3CRET"},
        {"kind": "ntfy", "address": "S3CRET"},
        {"kind": "ntfy", "address": "ftp://ntfy.sh/S3CRET?S3CRET"},
        {"kind": "apprise", "address": "S3CRET"},
        {"kind": "apprise", "address": "unknown://S3CRET"},
        {"kind": "mqtt", "address": "mqtt://user:S3CRET@broker.lan"},
        {**MAIL, "address": "smtp://user:S3CRET@mail.lan"},
        {"kind": "webhook", "address": "https://hook.lan", "secret": "whsec_"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by Apprise's own plugins
def test_an_address_that_is_refused_leaves_no_secret_behind(
    ada: Face, target: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        refused = ada.call("POST", "/notifications", {"name": "bad", **target})
    assert refused.status == 400
    # pytest listens to loggers whose lines get nowhere, too.
    logged = [each.getMessage() for each in caplog.records if logging.getLogger(each.name).propagate]
    assert any("POST /api/v1/notifications" in line for line in logged)
    ada.services.audit.flush(60)
    assert "S3CRET" not in f"{logged}{ada.get('/audit?limit=1')}{refused.message}"


def test_secrets_are_told_once_or_never(ada: Face, server: HookServer) -> None:
    made = added(ada, "made", kind="webhook", address=f"{server.url}/services/T0P-SECRET?key=K3Y")
    own = added(ada, "own", kind="webhook", address="https://hook.lan", secret="0WN-SECRET")
    added(ada, "ntfy", kind="ntfy", address="https://ntfy.sh/T0PIC", secret="tk_T0KEN")
    added(ada, "mail", **MAIL)
    assert made["secret"].startswith("whsec_")
    assert own["secret"] is None
    answer = ada.call("GET", "/notifications").content.decode()
    secrets = ("T0P-SECRET", "K3Y", made["secret"], "0WN-SECRET", "T0PIC", "tk_T0KEN", "secret-word")
    assert [each for each in secrets if each in answer] == []
    assert [row["address"] for row in json.loads(answer)] == [
        f"{server.url}/…",
        "https://hook.lan",
        "https://ntfy.sh/…",
        "smtps://mail.lan:465",
    ]
    assert all(row["events"] == EVENTS for row in json.loads(answer))


def test_secrets_are_in_no_line_of_the_log(ada: Face, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    added(ada, "hook", kind="webhook", address="http://127.0.0.1:9/T0P-SECRET", secret="0WN-SECRET")
    ada.call("POST", f"/notifications/{ada.get('/notifications')[0]['id']}/test")
    assert "name=hook kind=webhook address=http://127.0.0.1:9/" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_test_arrives_or_says_why_not(ada: Face, server: HookServer) -> None:
    row = added(ada, "hook", kind="webhook", address=server.url)
    assert ada.post(f"/notifications/{row['id']}/test") == {}
    assert [(each["title"], each["events"]) for each in server.bodies] == [("Image Depot: test", [])]
    assert ada.get("/notifications")[0]["sent"] is not None
    server.status = 403
    answered = ada.call("POST", f"/notifications/{row['id']}/test")
    assert (answered.status, answered.message) == (
        502,
        f"{server.host} refuses the message: it answered 403",
    )
    assert ada.get("/notifications")[0]["error"] == answered.message


def test_what_happens_reaches_the_receiver(ada: Face, server: HookServer) -> None:
    added(ada, "hook", kind="webhook", address=server.url, events=["low_disk"])
    # Of an hour ago: nothing is waited for, to go with it.
    news = low_disk(1_000_000_000, 5_000_000_000)
    ada.services.happenings.publish(replace(news, time=news.time - timedelta(hours=1)))
    wait_until(lambda: len(server.got) == 1, 60)
    (event,) = server.bodies[0]["events"]
    assert event["event"] == "low_disk"
    assert event["facts"] == {"free": 1_000_000_000, "limit": 5_000_000_000}


def test_a_real_download_and_one_that_fails_are_told_in_one_message(
    lab: Face, docker_registry: DockerRegistry, server: HookServer
) -> None:
    push_image(docker_registry.url, "lab/app", "1", [random_layer(1000, 1)])
    added(lab, "hook", kind="webhook", address=server.url)
    lab.download("dockerhub/docker/lab/app/1")
    lab.download("dockerhub/docker/lab/absent/1")
    wait_until(lambda: len(server.got) == 1, 60)
    assert [(each["event"], each["facts"]["name"]) for each in server.bodies[0]["events"]] == [
        ("downloaded", "lab/app"),
        ("failed", "lab/absent"),
    ]


def test_guessing_a_password_waits_to_be_told(ada: Face) -> None:
    added(ada, "hook", kind="webhook", address="http://127.0.0.1:9/", events=["login_attempts"])
    for _ in range(5):
        ada.call("POST", "/login", {"username": "eve", "password": "wrong"}, {"Cookie": ""})
    wait_until(lambda: ada.get("/notifications")[0]["waiting"] == 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "a", "kind": "pigeon", "address": "https://a"}, 400),
        ({"name": "a", "kind": "webhook", "address": "file:///etc/passwd"}, 400),
        ({"name": "a", "kind": "webhook", "address": "https://a", "events": ["weather"]}, 400),
        ({"name": "a", "kind": "webhook", "address": "https://a", "events": []}, 400),
        ({"name": "a", "kind": "email", "address": "smtp://a"}, 400),
        ({"name": "a", "kind": "apprise", "address": "no such thing"}, 400),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise's imports
def test_what_cannot_be_a_channel_is_refused(ada: Face, body: dict[str, Any], status: int) -> None:
    assert ada.call("POST", "/notifications", body).status == status
    assert ada.get("/notifications") == []


def test_two_channels_have_two_names_and_what_is_gone_is_gone(ada: Face) -> None:
    row = added(ada, "home", kind="webhook", address="https://a")
    assert ada.call("POST", "/notifications", {"name": "Home", "kind": "webhook", "address": "https://b"}).status == 409
    assert ada.call("DELETE", f"/notifications/{row['id']}").status == 200
    assert ada.call("DELETE", f"/notifications/{row['id']}").status == 404
    assert ada.call("POST", f"/notifications/{row['id']}/test").status == 404


@pytest.mark.parametrize("username", ["mia", "bob"])
def test_only_administrators_have_to_do_with_notifications(guarded: Face, username: str) -> None:
    guarded.log_in(username, PASSWORD)
    calls = [("GET", ""), ("POST", ""), ("DELETE", "/1"), ("POST", "/1/test")]
    assert {guarded.call(method, f"/notifications{path}").status for method, path in calls} == {403}
