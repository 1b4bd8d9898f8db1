"""A repository's own page and its tags on Docker Hub, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.face import Face
from tests.fakes import statuses, tags
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import API
from tests.fakes.hub_data import community, official
from tests.fakes.rules import TAGS
from tests.ground.images import push_image, push_index, random_layer

ADDRESS = "/image/dockerhub/docker/{}/{}/details"


@pytest.fixture
def hub(tmp_path: Path, fake_hub: FakeHub) -> Iterator[Face]:
    fake_hub.add(official("told", "In short", stars=7, pulls=9, full_description="# Told\n\nAt length\n"))
    fake_hub.add(community("ada/secret", private=True, owner="ada"))
    with Face(tmp_path / "data", registry_url=fake_hub.url, hub_url=fake_hub.url) as face:
        yield face


def test_everything_that_docker_hub_tells_is_reported(hub: Face) -> None:
    assert hub.get(ADDRESS.format(1, "told")) == {
        "name": "told",
        "description": "In short",
        "readme": "# Told\n\nAt length\n",
        "location": "https://hub.docker.com/_/told",
        "is_official": True,
        "is_private": False,
        "star_count": 7,
        "pull_count": 9,
        "updated": "2026-11-18T01:02:03.456789Z",
    }
    assert hub.get(ADDRESS.format(0, "lgsd/diamond"))["location"] == "https://hub.docker.com/r/lgsd/diamond"


def test_it_is_asked_for_once_and_a_tag_makes_no_difference(hub: Face, fake_hub: FakeHub) -> None:
    for name in ("told", "told:7", "library/told"):
        assert hub.get(ADDRESS.format(1, name))["name"] == "told"
    assert fake_hub.requests.count("/v2/namespaces/*") == 1


@pytest.mark.parametrize(
    ("official", "name", "status"),
    [
        (0, "nobody/nothing", 404),
        (0, "ada/secret", 404),
        (1, "lgsd/diamond", 400),
        (2, "told", 400),
        (0, "Not A Name", 400),
        (0, "registry.lan:5000/a/b", 400),
    ],
)
def test_what_cannot_be_told_is_refused(hub: Face, official: int, name: str, status: int) -> None:
    answered = hub.call("GET", ADDRESS.format(official, name.replace(" ", "%20")))
    assert answered.status == status
    assert answered.message


def test_an_outage_is_one_sentence(hub: Face, fake_hub: FakeHub) -> None:
    fake_hub.inject_into(statuses.status(503), API)
    answered = hub.call("GET", ADDRESS.format(1, "told"))
    assert (answered.status, answered.message[:52]) == (503, "Docker Hub answered 503 for the details of told (503")


def test_a_list_of_tags_that_may_be_short_carries_a_warning(hub: Face, fake_hub: FakeHub) -> None:
    for tag in ("1", "2", "3"):
        push_image(fake_hub.upstream.url, "library/paged", tag, [random_layer(300)])
    address = "/image/dockerhub/docker/1/paged/tags"
    fake_hub.rules.inject(tags.paged_tags(tags.Links.RELATIVE), TAGS)
    assert "warning" not in hub.call("GET", address).headers
    fake_hub.rules.clear()
    fake_hub.rules.inject(tags.paged_tags(tags.Links.LOOP), TAGS)
    answered = hub.call("GET", address)
    assert answered.json["tags"] == ["1", "2"]
    assert answered.headers["warning"].startswith('199 - "Some tags may be missing: Docker Hub names the same pages')


def test_tags_are_told_with_date_size_and_platforms_a_page_at_a_time(tmp_path: Path, fake_hub: FakeHub) -> None:
    url = fake_hub.upstream.url
    push_index(url, "library/dated", "2", ["linux/amd64", "linux/arm64"])
    push_image(url, "library/dated", "arm", [random_layer(3000)], platform="linux/arm64")
    with Face(tmp_path / "data", registry_url=fake_hub.url, hub_url=fake_hub.url, platform="linux/amd64") as face:
        told = face.get("/image/dockerhub/docker/1/dated/tags/details")
        rows = {row["tag"]: row for row in told["tags"]}
        assert (set(rows), told["more"]) == ({"2", "arm"}, False)
        assert rows["2"]["platforms"] == ["linux/amd64", "linux/arm64"]
        assert rows["2"]["size"] > 0
        assert rows["2"]["updated"] == "2026-11-20T10:11:12Z"
        assert rows["2"]["digest"].startswith("sha256:")
        assert (rows["arm"]["size"], rows["arm"]["platforms"]) == (None, ["linux/arm64"])
        before = fake_hub.requests.count()
        assert face.get("/image/dockerhub/docker/1/dated/tags/details?page=1") == told, "kept for ten minutes"
        assert fake_hub.requests.count() == before
        assert face.get("/image/dockerhub/docker/1/dated/tags/details?page=9") == {"tags": [], "more": False}
        assert face.call("GET", "/image/dockerhub/docker/1/dated/tags/details?page=0").status == 400
        assert face.call("GET", "/image/dockerhub/docker/0/registry.lan:5000/a/tags/details").status == 400
        assert face.call("GET", "/image/dockerhub/docker/1/absent/tags/details").status == 404


def test_tags_are_in_the_order_of_versions_when_asked_for(tmp_path: Path, fake_hub: FakeHub) -> None:
    for tag in ("latest", "9.1", "10.0", "10", "11.0-rc1", "edge-builder"):
        push_image(fake_hub.upstream.url, "library/many", tag, [random_layer(1000)])
    with Face(tmp_path / "data", registry_url=fake_hub.url, hub_url=fake_hub.url) as face:
        recorded = face.get("/image/dockerhub/docker/1/many/tags")
        assert recorded == {"installed": [], "tags": ["latest", "10", "10.0", "11.0-rc1", "9.1", "edge-builder"]}
        told = face.get("/image/dockerhub/docker/1/many/tags?order=version")
        assert told["tags"] == ["latest", "10", "10.0", "9.1", "11.0-rc1", "edge-builder"]
        assert [(group["kind"], group["major"]) for group in told["groups"]] == [
            ("current", ""),
            ("version", "10"),
            ("version", "9"),
            ("pre-release", ""),
        ]
        assert face.call("GET", "/image/dockerhub/docker/1/many/tags?order=size").status == 400
