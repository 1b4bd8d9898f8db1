"""Other machines: the files for them, and how one sees that they have found the service."""

from __future__ import annotations

import pytest

from tests.api.face import Face


def test_the_files_name_the_address_that_the_caller_used(face: Face) -> None:
    config = face.get("/mirror/config/docker")
    assert config["client"] == "docker"
    assert config["address"] == f"http://{face.host}"
    assert config["files"][0]["path"] == "/etc/docker/daemon.json"
    assert f'"http://{face.host}"' in config["files"][0]["content"]


def test_the_files_name_another_address_when_it_is_asked_for(face: Face) -> None:
    config = face.get("/mirror/config/podman?address=https://depot.lan")
    assert config["address"] == "https://depot.lan"
    assert 'location = "depot.lan/ghcr.io"' in config["files"][0]["content"]


def test_what_keeps_other_machines_away_is_said(face: Face) -> None:
    warnings = " ".join(face.get("/mirror/config/k3s")["warnings"])
    assert "is this device itself" in warnings
    assert "listens on this device only" in warnings
    assert "until there is an administrator" in warnings


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("rkt", 404, "There is no kind of client 'rkt', only docker, containerd, podman, k3s, buildkit"),
        ("docker?address=nas.lan/depot", 400, "'nas.lan/depot' has a path"),
    ],
)
def test_what_cannot_be_written_is_refused(face: Face, path: str, status: int, message: str) -> None:
    answered = face.call("GET", f"/mirror/config/{path}")
    assert answered.status == status
    assert answered.message.startswith(message)


def ask_registry(face: Face, path: str, agent: str) -> None:
    with face.opened("GET", path, headers={"User-Agent": agent}, base="") as response:
        response.read()


def test_the_latest_request_of_each_client_is_shown(face: Face) -> None:
    before = max((row["number"] for row in face.get("/mirror/clients")), default=0)
    for path in ("/v2/", "/v2/library/redis/manifests/7?ns=docker.io"):
        ask_registry(face, path, "docker/29.0")
    ask_registry(face, "/v2/", "skopeo/1.9")
    skopeo, docker = face.get("/mirror/clients")[:2]
    assert (skopeo["agent"], skopeo["number"]) == ("skopeo/1.9", before + 3)
    assert docker["request"] == "GET /v2/library/redis/manifests/7?ns=docker.io"
    assert (docker["address"], docker["number"]) == ("127.0.0.1", before + 2)


def test_no_more_than_twenty_clients_are_kept(face: Face) -> None:
    for number in range(25):
        ask_registry(face, "/v2/", f"client/{number}")
    rows = face.get("/mirror/clients")
    assert [row["agent"] for row in rows] == [f"client/{number}" for number in range(24, 4, -1)]
