"""What the original service answered, held against what we answer to the same requests (`recorded/`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from imagedepot.model.access.role import Role
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Answered, Face
from tests.fakes.hub import FakeHub
from tests.fakes.hub_data import community
from tests.fakes.web import WebServer
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.stores.lxc_shapes import shapes

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return told


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Iterator[Face]:
    """With some of the recorded images, of both types, and a registry that has the tags of the recorded repository."""
    url = docker_registry.url
    push_image(url, "lgsd/diamond", "latest", [random_layer(20_000)])
    for number, tag in enumerate(("14.04", "latest")):
        push_image(url, "library/ubuntu", tag, [random_layer(9_000 + number)], config={"Cmd": ["/bin/bash"]})
    for tag in recorded("image-tags-1")["response"]["tags"]:
        push_image(url, "library/redis", tag, [random_layer(500)])
    with WebServer() as web:
        row = {"displayName": "Ubuntu", "name": "ubuntu-trusty", "version": "14.04", "arch": "amd64", "type": "lxc"}
        location = web.put("/trusty.tar.gz", shapes()["unified"][0])
        row |= {"repository": "qnap", "location": location, "description": "Ubuntu 14.04", "icon": f"{web.url}/u.png"}
        catalog = web.put("/list.json", json.dumps([row]).encode())
        with Face(
            tmp_path_factory.mktemp("contract"), registry_url=url, hub_url=web.url, catalogs=catalog, platform="amd64"
        ) as running:
            running.download("dockerhub/docker/ubuntu/14.04")
            running.download("dockerhub/docker/ubuntu/latest")
            assert running.download("appcenter/lxc/ubuntu-trusty/14.04")["error"] is None
            yield running


def ask(face: Face, told: dict[str, Any]) -> Answered:
    request = told["request"]
    path = request["path"].removeprefix("/api/v1") + (f"?{urlencode(request['query'])}" if request["query"] else "")
    raw = request.get("body_raw")
    headers = {"Content-Type": request["content_type"]} if "content_type" in request else {}
    return face.call(request["method"], path, raw.encode() if raw is not None else None, headers)


def same_kind(theirs: Any, ours: Any, at: str = "$") -> None:
    """Every key that they had is there, of the same type; a null may have become something."""
    if theirs is None:
        return
    assert type(ours) is type(theirs), f"{at}: {ours!r} in place of {theirs!r}"
    if isinstance(theirs, dict):
        for key, value in theirs.items():
            assert key in ours, f"{at}.{key} is missing"
            same_kind(value, ours[key], f"{at}.{key}")


def test_a_download_answers_an_empty_object_and_keeps_what_was_said(face: Face) -> None:
    told = recorded("image-download-1")
    answered = ask(face, told)
    assert (answered.status, answered.json) == (200, told["response"])
    assert face.ended()["status"] == "done"
    row = next(each for each in face.get("/image/?from=local")["results"] if each["name"] == "lgsd/diamond")
    assert row["description"] == told["request"]["body"]["description"]
    assert row["icon"] == told["request"]["body"]["icon"]


def test_a_status_with_nothing_under_way_is_an_empty_array(face: Face) -> None:
    face.ended()
    told = recorded("image-downloadstatus-1")
    assert ask(face, told).json == told["response"]


def test_the_local_list_has_the_recorded_shape_and_order(face: Face) -> None:
    told = recorded("image-list-1")
    ours = ask(face, told).json
    theirs = told["response"]
    same_kind({key: value for key, value in theirs.items() if key != "results"}, ours)
    assert set(ours) == set(theirs)
    their_rows = {row["name"]: row for row in theirs["results"]}
    for row in ours["results"]:
        same_kind(their_rows[row["name"]], row)
    names = [row["name"] for row in ours["results"]]
    assert names == [row["name"] for row in theirs["results"] if row["name"] in names]
    assert names == ["ubuntu-trusty", "lgsd/diamond", "ubuntu"]
    assert ours["results"][0]["description"] == their_rows["ubuntu-trusty"]["description"]
    ubuntu = ours["results"][-1]
    assert (ubuntu["tags"], ubuntu["is_latest"]) == (["14.04", "latest"], ["latest"])
    assert len(ubuntu["size"]) == 2
    assert (ubuntu["installed"], ubuntu["downloading"], ubuntu["from"]) == (True, False, "local")


def test_the_app_center_answers_the_recorded_rows(tmp_path: Path) -> None:
    """The catalog is of the same time as the recording; one of its rows has got a newer version since."""
    told = recorded("image-list-2")
    xml = Path(__file__).parents[1] / "remote/catalogs/data/container-station-qpkgcenter.xml"
    with Face(tmp_path / "data", **NOBODY, catalogs=str(xml)) as face:
        ours = ask(face, told).json
    assert {key: ours[key] for key in ("filter_text", "from", "type")} == {
        key: told["response"][key] for key in ("filter_text", "from", "type")
    }
    assert [row["name"] for row in ours["results"]] == sorted(row["name"] for row in ours["results"])
    rows = {(row["name"], row["arch"]): row for row in ours["results"]}
    compared = 0
    for theirs in told["response"]["results"]:
        row = rows.get((theirs["name"], theirs["arch"]))
        if row is not None:
            compared += 1
            moved = row["icon"].replace("/QPKG/container/", "/QPKG/")  # their icons moved into a folder
            # Nothing is installed here.
            assert {**{key: row[key] for key in theirs}, "icon": moved} == {**theirs, "installed": False}
    assert compared == len(told["response"]["results"]) - 1


def test_a_search_answers_the_recorded_rows(tmp_path: Path, fake_hub: FakeHub) -> None:
    told = recorded("image-list-4")
    theirs = told["response"]
    for row in theirs["results"]:
        badge = "verified_publisher" if row["is_trusted"] else "none"
        fake_hub.add(community(row["name"], row["description"], stars=row["star_count"], badge=badge))
    with Face(tmp_path / "data", registry_url=fake_hub.url, hub_url=fake_hub.url) as face:
        ours = ask(face, told).json
    assert {key: ours[key] for key in theirs if key != "results"} == {
        key: theirs[key] for key in theirs if key != "results"
    }
    rows = {row["name"]: row for row in ours["results"]}
    assert set(rows) == {row["name"] for row in theirs["results"]}
    for row in theirs["results"]:
        same = {key: value for key, value in row.items() if key not in ("location", "description")}
        assert {key: rows[row["name"]][key] for key in same} == same
        assert rows[row["name"]]["location"].startswith("https://hub.docker.com/")


def test_inspect_has_every_recorded_key_and_type(face: Face) -> None:
    told = recorded("image-inspect-1")
    ours = ask(face, told).json
    same_kind({key: value for key, value in told["response"].items() if not isinstance(value, dict)}, ours)
    for key in ("Config", "ContainerConfig"):
        missing = set(told["response"][key]) - set(ours[key]) - _GONE
        assert not missing, f"{key} lacks {missing}"
    assert ours["Config"]["Cmd"] == ["/bin/bash"]
    assert ours["Size"] == ours["VirtualSize"] > 0
    assert ours["RepoTags"] == ["ubuntu:latest"]


# What engines stopped telling of an image a decade ago, and no image's config holds.
_GONE = {"CpuShares", "Cpuset", "Memory", "MemorySwap", "MacAddress", "NetworkDisabled", "PortSpecs", "OnBuild"}


def test_tags_come_in_the_recorded_order(face: Face) -> None:
    told = recorded("image-tags-1")
    assert ask(face, told).json == told["response"]


def test_a_session_has_the_recorded_keys_and_types(face: Face) -> None:
    for name in ("login-1", "login-refresh-1", "logout-1"):
        told = recorded(name)
        answered = ask(face, told)
        assert answered.status == 200
        same_kind(told["response"], answered.json)
        assert set(answered.json) == set(told["response"])


def test_a_users_session_has_them_too(tmp_path: Path) -> None:
    with Face(tmp_path / "data") as face:
        face.services.access.add("admin", PASSWORD, Role.ADMIN)
        form = urlencode({"username": "admin", "password": PASSWORD}).encode()
        answered = face.call("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        same_kind(recorded("login-1")["response"], answered.json)
        assert (answered.json["username"], answered.json["anonymous"]) == ("admin", False)
