from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagedepot.depots.official import OfficialDepot
from imagedepot.errors import Unavailable
from imagedepot.model.depot import OFFICIAL
from imagedepot.model.image import Found, ImageRequest, ImageType
from tests.contracts.depot import DepotContract
from tests.depots.hub_kit import HubKit
from tests.fakes import statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_data import official


class Kit(HubKit):
    query = "Mongo"
    once = 2

    def __init__(self, fake: FakeHub, folder: Path) -> None:
        super().__init__(fake, folder)
        self.depot: OfficialDepot = self.official()

    @property
    def image(self) -> ImageRequest:
        return self.request(OFFICIAL)


@pytest.fixture
def kit(fake_hub: FakeHub, tmp_path: Path) -> Kit:
    return Kit(fake_hub, tmp_path)


class TestContract(DepotContract):
    pass


def cataloged(name: str, tag: str = "latest", **more: str) -> Found:
    shown = name if tag == "latest" else f"{name}:{tag}"
    return Found(ImageType.DOCKER, shown, tag, **more)  # type: ignore[arg-type]


def test_every_official_image_is_listed_ascending_by_name(kit: Kit) -> None:
    names = [row.name for row in kit.depot.list("").rows]
    assert len(names) == sum(1 for each in kit.fake.repositories.values() if each.official)
    assert names == sorted(names, key=str.encode)


def test_what_no_catalog_lends_is_the_name_and_nothing(kit: Kit) -> None:
    kit.fake.add(official("zebra", "Striped", stars=5, pulls=77))
    (row,) = kit.depot.list("zebra").rows
    assert (row.title, row.icon, row.architecture, row.size) == ("zebra", "", "", None)
    assert (row.description, row.star_count, row.pull_count, row.is_official) == ("Striped", 5, 77, True)
    assert row.location == "https://hub.docker.com/_/zebra"


def test_a_catalog_lends_title_icon_and_architecture(kit: Kit) -> None:
    kit.catalogs = [
        cataloged("redis", "6", title="Redis 6", icon="https://x.example/6.png"),
        cataloged("redis", title="Redis", icon="https://x.example/r.png", architecture="amd64", description="Other"),
        cataloged("mongo", "4", title="MongoDB 4", icon="https://x.example/m.png"),
    ]
    rows = {row.name: row for row in kit.depot.list("").rows}
    redis, mongo = rows["redis"], rows["mongo"]
    assert (redis.title, redis.icon, redis.architecture) == ("Redis", "https://x.example/r.png", "amd64")
    assert redis.description != "Other"
    assert (mongo.title, mongo.icon) == ("MongoDB", "https://x.example/m.png")
    assert [row.name for row in kit.depot.list("mongodb").rows] == ["mongo"], "a lent title is searched too"


def test_what_is_there_for_several_architectures_is_lent_as_for_none_alone(kit: Kit) -> None:
    kit.catalogs = [cataloged("redis", title="Redis", architecture=each) for each in ("amd64", "arm64")]
    (row,) = [row for row in kit.depot.list("redis").rows if row.name == "redis"]
    assert (row.title, row.architecture) == ("Redis", "")


def test_with_hub_unreachable_and_nothing_known_the_catalogs_rows_stand_in(kit: Kit) -> None:
    kit.take_away()
    kit.catalogs = [
        cataloged("ubuntu", "14.04", title="Ubuntu 14.04", location="https://registry.hub.docker.com/_/ubuntu/"),
        cataloged("redis", title="Redis"),
    ]
    listing = kit.depot.list("")
    assert listing.stale
    assert [(row.name, row.title) for row in listing.rows] == [
        ("redis", "Redis"),
        ("ubuntu:14.04", "Ubuntu 14.04"),
    ]
    assert [row.location for row in listing.rows] == [
        "https://hub.docker.com/_/redis",
        "https://registry.hub.docker.com/_/ubuntu/",
    ]
    assert [row.name for row in kit.depot.list("REDIS").rows] == ["redis"]


def test_with_nothing_at_all_the_reason_is_one_sentence(kit: Kit) -> None:
    kit.take_away()
    with pytest.raises(Unavailable, match=r"^Docker Hub answered 503 for the list of official images"):
        kit.depot.list("")


def test_the_last_known_list_outlives_a_restart(kit: Kit) -> None:
    known = list(kit.depot.list("").rows)
    kit.take_away()
    kit.age()
    listing = kit.official().list("")
    assert (list(listing.rows), listing.stale) == (known, True)


def test_a_list_that_is_still_fresh_is_not_asked_for_after_a_restart(kit: Kit) -> None:
    kit.depot.list("")
    before = kit.asked()
    assert not kit.official().list("").stale
    assert kit.asked() == before


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"told": 5}', '{"told": "2026-11-23T00:00:00+00:00", "images": [{"name": 5}]}', "[" * 100_000],
)
def test_a_broken_memory_counts_as_none(kit: Kit, content: str) -> None:
    kit.memory.write_text(content)
    assert len(kit.official().list("").rows) > 100
    assert json.loads(kit.memory.read_text())["images"], "and is written anew"


def test_a_memory_that_cannot_be_written_costs_nothing_else(kit: Kit) -> None:
    kit.memory.mkdir()
    assert kit.official().list("").rows


def test_a_failed_page_does_not_make_a_shorter_list(kit: Kit) -> None:
    kit.depot.list("")
    kit.age()
    kit.fake.inject_into(statuses.status(502), {Area.LIST}, skip=1)
    listing = kit.depot.list("")
    assert listing.stale
    assert len(listing.rows) > 100
