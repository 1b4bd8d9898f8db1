from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.face import Face


@pytest.mark.parametrize("path", ["/image", "/image/", "/image/?from=local", "/image?from=local", "/image//"])
def test_the_list_answers_with_and_without_a_slash(face: Face, path: str) -> None:
    answered = face.call("GET", path)
    assert (answered.status, answered.json["from"]) == (200, "local")


def test_a_slash_at_the_end_loses_no_body(face: Face) -> None:
    answered = face.call("POST", "/image/dockerhub/docker/redis/7/download/", {"platform": "no such/thing/at/all"})
    assert answered.status == 400
    assert "platform" in answered.message


@pytest.mark.parametrize("name", ["lgsd/diamond", "lgsd%2Fdiamond", "lgsd%2fdiamond"])
def test_an_escaped_slash_equals_a_slash(face: Face, name: str) -> None:
    answered = face.call("GET", f"/image/docker/{name}/latest/inspect")
    assert (answered.status, answered.message) == (404, "Image not found: lgsd/diamond:latest")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("registry.lan:5000/a/b/1.0", "registry.lan:5000/a/b:1.0"),
        ("registry.lan%3A5000/a/b/1.0", "registry.lan:5000/a/b:1.0"),
        ("a/inspect/latest", "a/inspect:latest"),
        ("download/inspect/tags", "download/inspect:tags"),
        (f"redis/sha256:{'a' * 64}", f"redis@sha256:{'a' * 64}"),
        (f"redis:7@sha256:{'a' * 64}/7", f"redis@sha256:{'a' * 64}"),
        ("https:%2F%2Fhub.docker.com/r/lgsd/diamond/latest", "lgsd/diamond:latest"),
        ("docker.io/library/redis/7", "redis:7"),
    ],
)
def test_names_take_all_they_can_and_the_last_part_is_the_tag(face: Face, path: str, name: str) -> None:
    assert face.call("GET", f"/image/docker/{path}/inspect").message == f"Image not found: {name}"


def test_the_download_status_is_no_image(face: Face) -> None:
    assert face.get("/image/downloadstatus") == []
    assert face.get("/image/downloadstatus/") == []


@pytest.mark.parametrize(
    "path", ["/nowhere", "", "/", "/image/docker/redis", "/image/x/y/z/inspekt", "/downloads/1/2/3"]
)
def test_what_is_not_there_is_said_so(face: Face, path: str) -> None:
    answered = face.call("GET", path)
    assert answered.status in (404, 405)
    assert answered.message
    assert "location" not in answered.headers


def test_a_method_that_does_not_fit_names_those_that_do(face: Face) -> None:
    answered = face.call("POST", "/image")
    assert (answered.status, answered.headers["allow"]) == (405, "GET, HEAD")
    assert "GET, HEAD" in answered.message
    several = face.call("GET", "/image/dockerhub/docker/lgsd/diamond/latest/download")
    assert (several.status, several.headers["allow"]) == (405, "POST")


ADDRESSES = (
    *("/image", "/image/dockerhub/docker/redis", "/image/local/docker/redis", "/image/nonsense/docker/redis"),
    *("/image/docker/redis/7/inspect", "/image/docker/UPPER/7/inspect", "/image/nonsense/redis/7/inspect"),
    *("/image/dockerhub/docker/redis/7/download", "/image/local/docker/redis/7/download"),
    *("/image/dockerhub/lxc/redis/7/download", "/image/docker/a/b/7/files", "/image/lxc/a/7/layers"),
    *("/image/dockerhub/docker/0/redis/tags", "/image/dockerhub/docker/2/redis/tags", "/downloads/abc/retry"),
    *("/image/local/docker/redis/7/platforms", "/image/dockerhub/docker/1/UPPER/details", "/downloads/x"),
    *("/settings/NONSENSE", "/settings/IMAGEDEPOT_LISTEN", "/users/nobody", "/registries/a.example"),
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_allow_names_no_method_that_the_address_refuses_as_bad_input(face: Face, path: str) -> None:
    answered = face.call("TRACE", path)
    assert answered.status in (404, 405)
    allowed = answered.headers.get("allow", "")
    assert bool(allowed) is (answered.status == 405)
    for method in {"GET", "DELETE", "POST"} & set(allowed.split(", ")):
        with face.opened(method, path) as response:
            assert response.status != 400, method


@pytest.mark.parametrize("path", ["/image", "/image/downloadstatus", "/downloads", "/downloads/events", "/docs"])
def test_head_is_the_answer_without_its_body(face: Face, path: str) -> None:
    answered = face.call("HEAD", path)
    assert (answered.status, answered.content) == (200, b"")
    assert answered.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/image/docker/%00/latest/inspect", "/image/docker/a%0Ab/latest/inspect", "/image/%FF"]
)
def test_strange_bytes_in_a_path_are_refused(face: Face, path: str) -> None:
    answered = face.call("GET", path)
    assert answered.status in (400, 404)
    assert answered.message


def test_a_proxys_prefix_may_stay_on_or_be_taken_off(tmp_path: Path) -> None:
    with Face(tmp_path / "data", root_path="/depot") as face:
        for base in ("/depot/api/v1", "/api/v1"):
            assert face.call("GET", "/image/downloadstatus", base=base).json == []
            assert face.call("GET", "/image/?from=local", base=base).json["total_count"] == 0
        assert face.call("GET", "/openapi.json").json["servers"] == [{"url": "/depot"}]


def test_a_prefix_that_looks_like_ours_is_none(tmp_path: Path) -> None:
    with Face(tmp_path / "data", root_path="/api") as face:
        assert face.get("/image/downloadstatus") == []
        assert face.call("GET", "/image/downloadstatus", base="/api/api/v1").json == []
