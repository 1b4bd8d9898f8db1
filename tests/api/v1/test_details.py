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
from tests.ground.images import push_image, random_layer

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
