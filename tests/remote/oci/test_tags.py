"""All tags, from a registry that pages in every way, and from the Hub API where the registry does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from imagedepot.errors import RateLimited, Unavailable, UpstreamNotFound
from imagedepot.model.names.reference import Reference, TagList
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from imagedepot.remote.hub.tags import find_tags
from imagedepot.remote.oci.tags import list_tags, next_link, ordered
from tests.fakes import statuses, tags
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_data import official
from tests.fakes.message import Answer
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import TAGS
from tests.ground.images import push_image, random_layer
from tests.remote.clients import KnownLogins, client, transport
from tests.remote.scripted import Scripted

ALL = ["latest", "1", "10", "2", "3-alpine", "v4"]
REFERRER = "sha256-" + "a" * 64


@pytest.fixture(scope="module")
def pushed(docker_registry) -> None:  # type: ignore[no-untyped-def]
    for tag in (*ALL, REFERRER, f"{REFERRER}.sig", f"{REFERRER}.att"):
        push_image(docker_registry.url, "lab/tagged", tag, [random_layer(300)])
        push_image(docker_registry.url, "library/tagged", tag, [random_layer(300)])


@pytest.fixture
def reference(faulty_registry: FaultyRegistry, pushed: None) -> Reference:
    return Reference.parse(f"{faulty_registry.host}/lab/tagged")


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('</v2/a/tags/list?n=2&last=b>; rel="next"', "/v2/a/tags/list?n=2&last=b"),
        ("<https://r.lan/x,y>;title=z; REL = next", "https://r.lan/x,y"),
        ('</first>; rel="first", </second>; rel="next"', "/second"),
        ('</first>; rel="first"', None),
        ('</first>; rel="nextish"', None),
        ("</a?b>; rel='next'", "/a?b"),
        ('</a?b>; rel="prev next"', "/a?b"),
        ("</a?b>", "/a?b"),
        ("</a>, </b>", None),
        ('/a?b; rel="next"', "/a?b"),
        ('/a; rel="first"', None),
        ("next page", None),
        ("", None),
        ("<>;" * 21_000, None),  # the longest header there can be: it took half a minute once
        ("<a>;rel " * 8_000, None),
        ("rel=" * 8_000, None),
    ],
)
def test_the_next_page_is_found_in_any_header(header: str, link: str | None) -> None:
    assert next_link([header]) == link


def hub_tags(fake: FakeHub, name: str) -> Sequence[str]:
    hub = Hub(HubApi(transport(), KnownLogins(), fake.url))
    return find_tags(client(fake.url), hub, Reference.parse(name)).tags


def test_latest_first_then_as_strings_and_no_referrers(reference: Reference) -> None:
    assert list_tags(client(), reference) == TagList(ALL)


@pytest.mark.parametrize("links", tags.GOOD_LINKS, ids=str)
def test_every_page_is_read_where_its_link_leads(
    faulty_registry: FaultyRegistry, reference: Reference, links: tags.Links
) -> None:
    faulty_registry.inject(tags.paged_tags(links), TAGS)
    assert list_tags(client(), reference) == TagList(ALL)
    assert faulty_registry.requests.count(TAGS) == 5


def test_a_link_to_another_host_is_asked_of_the_one_that_gave_it(
    faulty_registry: FaultyRegistry, reference: Reference
) -> None:
    with Scripted(Answer.text(500, "nobody should ask here")) as other:
        faulty_registry.inject(tags.paged_tags(tags.Links.FOREIGN, foreign=other.url), TAGS)
        assert list_tags(client(), reference) == TagList(ALL)
        assert not other.requests


@pytest.mark.parametrize("page", [[], None, ["1"]])
def test_a_page_without_a_new_tag_is_not_the_end(
    faulty_registry: FaultyRegistry, reference: Reference, page: list[str] | None
) -> None:
    faulty_registry.inject(tags.page_in_between(page), TAGS)
    assert list_tags(client(), reference) == TagList(ALL)


@pytest.mark.parametrize(
    ("links", "why"),
    [
        (tags.Links.LOOP, "names the same pages again and again"),
        (tags.Links.ENDLESS, "has more than 1,00. tags"),
        (tags.Links.UNREADABLE, "names its next page in a way that cannot be read"),
    ],
    ids=str,
)
def test_a_list_that_may_be_short_says_so(
    faulty_registry: FaultyRegistry, reference: Reference, links: tags.Links, why: str
) -> None:
    faulty_registry.inject(tags.paged_tags(links), TAGS)
    found = list_tags(client(), reference)
    assert found.tags
    assert re.fullmatch(f"Some tags may be missing: {re.escape(faulty_registry.host)} {why}", found.gap)
    assert faulty_registry.requests.count(TAGS) <= 1001


def test_a_page_that_is_not_there_leaves_a_gap_and_one_that_is_not_given_now_is_a_failure(
    faulty_registry: FaultyRegistry, reference: Reference
) -> None:
    faulty_registry.inject(tags.paged_tags(tags.Links.RELATIVE), TAGS)
    missing = faulty_registry.inject(statuses.status(404), TAGS, skip=1)
    found = list_tags(client(), reference)
    assert (len(found.tags), "answered 404 for page 2" in found.gap) == (2, True)
    faulty_registry.rules.remove(missing)
    faulty_registry.inject(statuses.status(503), TAGS, skip=1)
    with pytest.raises(Unavailable):
        list_tags(client(), reference)


def test_a_login_goes_along_to_every_page(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.require_token()
    faulty_registry.inject(tags.paged_tags(tags.Links.ABSOLUTE), TAGS)
    assert list_tags(client(), reference) == TagList(ALL)
    assert [bool(each.authorization) for each in faulty_registry.requests.matching(TAGS)] == [False] + [True] * 5


def test_a_repository_whose_tags_are_all_deleted_has_none(
    faulty_registry: FaultyRegistry, reference: Reference
) -> None:
    faulty_registry.inject(tags.no_tags(), TAGS)
    assert list_tags(client(), reference) == TagList([])


def test_what_is_no_tag_is_left_out(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.inject(tags.hostile_tags(), TAGS)
    assert list_tags(client(), reference) == TagList(["latest"])


def test_an_unknown_repository_is_said_so(faulty_registry: FaultyRegistry) -> None:
    unknown = Reference.parse(f"{faulty_registry.host}/lab/unknown")
    with pytest.raises(UpstreamNotFound, match="lab/unknown does not exist"):
        list_tags(client(), unknown)


def test_order_is_that_of_strings() -> None:
    assert ordered(["b", "a", "latest", "10", "9", REFERRER, "not a tag"]) == ["latest", "10", "9", "a", "b"]


def test_docker_hubs_registry_is_asked_first(fake_hub: FakeHub, pushed: None) -> None:
    assert hub_tags(fake_hub, "tagged") == ALL
    assert fake_hub.requests.count("/v2/namespaces/*") == 0


def test_the_hub_api_tells_where_the_registry_does_not(fake_hub: FakeHub, pushed: None) -> None:
    fake_hub.add(official("listed-only", tags=tuple(f"t{number:03}" for number in range(230))))
    assert hub_tags(fake_hub, "listed-only") == [f"t{number:03}" for number in range(230)]
    fake_hub.inject_into(statuses.hap429(), {Area.REGISTRY_TAGS})
    assert hub_tags(fake_hub, "tagged") == ALL


def test_when_neither_tells_the_registrys_word_counts(fake_hub: FakeHub, pushed: None) -> None:
    with pytest.raises(UpstreamNotFound, match="nobody/has-it does not exist on Docker Hub or needs a login"):
        hub_tags(fake_hub, "nobody/has-it")
    fake_hub.inject_into(statuses.hap429(), {Area.REGISTRY_TAGS})
    fake_hub.inject_into(statuses.cloudflare(), {Area.TAGS})
    with pytest.raises(RateLimited):
        hub_tags(fake_hub, "tagged")


def test_another_registrys_tags_are_never_asked_of_docker_hub(
    faulty_registry: FaultyRegistry, fake_hub: FakeHub
) -> None:
    hub = Hub(HubApi(transport(), KnownLogins(), fake_hub.url))
    with pytest.raises(UpstreamNotFound):
        find_tags(client(fake_hub.url), hub, Reference.parse(f"{faulty_registry.host}/library/celery"))
    assert not fake_hub.requests


def test_a_registry_that_limits_us_for_a_moment_is_asked_again_in_the_middle_of_the_pages(
    faulty_registry: FaultyRegistry,
) -> None:
    faulty_registry.inject(statuses.status(429), TAGS, times=1)
    with pytest.raises(RateLimited):
        list_tags(client(), Reference.parse(f"{faulty_registry.host}/lab/app"), pauses=())
    faulty_registry.inject(statuses.status(429), TAGS, times=2)
    with pytest.raises(UpstreamNotFound):
        list_tags(client(), Reference.parse(f"{faulty_registry.host}/lab/app"), pauses=(0.0, 0.0))


def test_a_page_of_more_tags_than_are_taken_is_cut_and_says_so() -> None:
    page = Answer.json(200, {"name": "lab/app", "tags": [f"v{number}" for number in range(250_000)]})
    with Scripted(page) as server:
        found = list_tags(client(), Reference.parse(f"{server.host}/lab/app"))
    assert len(found.tags) == 200_001
    assert found.gap.startswith("Some tags may be missing")
