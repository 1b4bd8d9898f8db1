from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.depots.dockerhub import DockerHubDepot
from imagedepot.errors import DepotError, InvalidInput, RateLimited, Unavailable
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageRequest
from tests.contracts.depot import DepotContract
from tests.depots.hub_kit import HubKit, hub_of
from tests.fakes import statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import API, SEARCHES, Area
from tests.fakes.hub_data import community, official
from tests.fakes.message import Answer


class Kit(HubKit):
    query = "nginx"
    once = 1

    def __init__(self, fake: FakeHub, folder: Path) -> None:
        super().__init__(fake, folder)
        self.depot: DockerHubDepot = self.dockerhub()

    @property
    def image(self) -> ImageRequest:
        return self.request(DOCKERHUB)


@pytest.fixture
def kit(fake_hub: FakeHub, tmp_path: Path) -> Kit:
    return Kit(fake_hub, tmp_path)


class TestContract(DepotContract):
    pass


def names(kit: Kit, page: int, limit: int) -> list[str]:
    return [row.name for row in kit.depot.page("nginx", page, limit).rows]


def test_without_a_page_there_are_25_rows_in_docker_hubs_order(kit: Kit) -> None:
    rows = kit.depot.list("nginx").rows
    assert len(rows) == 25
    assert rows[0].name == "nginx"
    assert [row.name for row in rows] == [image.name for image in kit.hub.search.page("nginx", 0, 25).images]


def test_no_query_gives_no_rows_and_asks_nobody(kit: Kit) -> None:
    assert not kit.depot.list("  ").rows
    assert kit.depot.page("", 3, 10).total == 0
    assert kit.asked() == 0


def test_a_row_tells_what_docker_hub_tells(kit: Kit) -> None:
    kit.fake.add(
        community("bitnami/zebra", "Striped  ", stars=8, pulls=12_000_000_000, logo="/logos/z.png", categories=("Zoo",))
    )
    kit.fake.add(official("zebra-official", "zebra, the official one", stars=3, logo=None))
    one, two = sorted(kit.depot.list("zebra").rows, key=lambda row: row.name)
    assert (one.name, one.description, one.star_count, one.pull_count) == (
        "bitnami/zebra",
        "Striped  ",
        8,
        12_000_000_000,
    )
    assert (one.is_trusted, one.is_official, one.location) == (True, False, "https://hub.docker.com/r/bitnami/zebra")
    assert (one.icon, one.categories) == (f"{kit.fake.url}/logos/z.png", ("Zoo",))
    assert (two.is_trusted, two.is_official, two.icon) == (False, True, "")
    assert two.location == "https://hub.docker.com/_/zebra-official"


def test_pages_are_parts_of_one_order_and_total_counts_all(kit: Kit) -> None:
    whole = names(kit, 1, 1000)
    assert kit.depot.page("nginx", 1, 10).total == len(whole) > 60
    for limit in (7, 10, 64):
        pages = [names(kit, page, limit) for page in range(1, len(whole) // limit + 2)]
        assert [name for page in pages for name in page] == whole
    assert names(kit, 99, 100) == []
    assert kit.depot.page("nginx", 99, 100).total == len(whole)


@pytest.mark.parametrize("fallen", [{Area.SEARCH_V4}, {Area.SEARCH_V4, Area.SEARCH_V2}], ids=["v2", "v1"])
def test_the_other_ways_of_searching_page_alike(kit: Kit, fallen: set[Area]) -> None:
    whole = names(kit, 1, 1000)
    kit.fake.inject_into(statuses.cloudflare(), fallen)
    hub = hub_of(kit.fake)
    depot = DockerHubDepot(lambda: hub, kit.source, clock=kit.clock)
    for limit in (7, 150):
        pages = [[row.name for row in depot.page("nginx", page, limit).rows] for page in range(1, 12)]
        assert [name for page in pages for name in page] == whole
    assert depot.page("nginx", 1, 10).total == len(whole)
    assert depot.page("nginx", 90, 10).total == len(whole)


def test_what_is_too_deep_for_the_newest_search_comes_from_another(kit: Kit) -> None:
    kit.depot.page("nginx", 26, 100)
    assert kit.fake.requests.count("/api/search/v4") <= 1  # for the total alone
    assert kit.fake.requests.count("/v2/search/*") == 1


def test_what_is_no_image_any_more_is_left_out(kit: Kit) -> None:
    kit.fake.add(community("a/okapi"))
    kit.fake.add(community("b/okapi", kind="plugin"))
    kit.fake.add(community("c/okapi", archived=True))
    assert [row.name for row in kit.depot.list("okapi").rows] == ["a/okapi"]


def test_an_empty_answer_of_a_retired_search_is_not_believed(kit: Kit) -> None:
    nothing = Answer.json(200, {"total": 0, "results": []})
    kit.fake.inject_into(statuses.instead("retired", nothing), {Area.SEARCH_V4})
    assert kit.depot.list("nginx").rows


def test_a_search_that_failed_is_asked_last_for_a_while(kit: Kit) -> None:
    kit.fake.inject_into(statuses.cloudflare(), {Area.SEARCH_V4})
    kit.depot.list("nginx")
    kit.depot.list("redis")
    assert kit.fake.requests.count("/api/search/v4") == 1


def test_with_nothing_known_the_reason_is_one_sentence(kit: Kit) -> None:
    kit.take_away()
    with pytest.raises(Unavailable, match=r"^Docker Hub answered 503 for the search for 'nginx'"):
        kit.depot.list("nginx")
    kit.bring_back()
    assert kit.depot.list("nginx").rows, "a failure is not kept"


def test_a_limit_is_reported_with_its_end_and_kept_to(kit: Kit) -> None:
    kit.fake.inject_into(
        statuses.instead("429", Answer.json(429, {"detail": "Rate limit exceeded"}, (("Retry-After", "120"),))), API
    )
    for _ in range(2):
        with pytest.raises(RateLimited, match=r"rate limited by Docker Hub until \d\d:\d\d UTC"):
            kit.depot.list("nginx")
    assert kit.asked() == len(SEARCHES)


@pytest.mark.parametrize(("page", "limit"), [(0, 10), (1, 0), (1, 1001)])
def test_a_page_that_is_none_is_refused(kit: Kit, page: int, limit: int) -> None:
    with pytest.raises(InvalidInput):
        kit.depot.page("nginx", page, limit)


@pytest.mark.parametrize("query", ["\ud800", "a\x00b", "%2F../..", "&type=plugin", "ä" * 255, "x" * 256])
def test_a_hostile_query_is_only_a_query(kit: Kit, query: str) -> None:
    try:
        assert not kit.depot.list(query).rows
    except DepotError as error:
        assert str(error).isprintable()
