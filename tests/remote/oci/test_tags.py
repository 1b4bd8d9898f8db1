"""All tags, from a registry that pages in every way, and from the Hub API where the registry does not tell."""

from __future__ import annotations

import pytest

from imagedepot.errors import AddressNotAllowed, RateLimited, UpstreamNotFound
from imagedepot.model.reference import Reference
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from imagedepot.remote.hub.tags import find_tags
from imagedepot.remote.oci.tags import list_tags, next_link, ordered
from tests.fakes import statuses, tags
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_data import official
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import TAGS
from tests.ground.images import push_image, random_layer
from tests.remote.clients import KnownLogins, client, transport

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
        ("", None),
        ("<>;" * 21_000, None),  # the longest header there can be: it took half a minute once
        ("<a>;rel " * 8_000, None),
    ],
)
def test_the_next_page_is_found_in_any_header(header: str, link: str | None) -> None:
    assert next_link([header]) == link


def hub_tags(fake: FakeHub, name: str) -> list[str]:
    hub = Hub(HubApi(transport(), KnownLogins(), fake.url))
    return find_tags(client(fake.url), hub, Reference.parse(name))


def test_latest_first_then_as_strings_and_no_referrers(reference: Reference) -> None:
    assert list_tags(client(), reference) == ALL


@pytest.mark.parametrize("links", tags.GOOD_LINKS, ids=str)
def test_every_page_is_read_where_its_link_leads(
    faulty_registry: FaultyRegistry, reference: Reference, links: tags.Links
) -> None:
    faulty_registry.inject(tags.paged_tags(links), TAGS)
    assert list_tags(client(), reference) == ALL
    assert faulty_registry.requests.count(TAGS) == 5


def test_a_link_to_another_host_is_not_followed(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.inject(tags.paged_tags(tags.Links.FOREIGN), TAGS)
    with pytest.raises(AddressNotAllowed, match=r"continues its tags of .* at 127\.0\.0\.1:9"):
        list_tags(client(), reference)


@pytest.mark.parametrize("links", [tags.Links.LOOP, tags.Links.BROKEN, tags.Links.ENDLESS], ids=str)
def test_pages_without_an_end_end(faulty_registry: FaultyRegistry, reference: Reference, links: tags.Links) -> None:
    faulty_registry.inject(tags.paged_tags(links), TAGS)
    assert list_tags(client(), reference)
    assert faulty_registry.requests.count(TAGS) <= 1001


def test_a_login_goes_along_to_every_page(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.require_token()
    faulty_registry.inject(tags.paged_tags(tags.Links.ABSOLUTE), TAGS)
    assert list_tags(client(), reference) == ALL
    assert [bool(each.authorization) for each in faulty_registry.requests.matching(TAGS)] == [False] + [True] * 5


def test_a_repository_whose_tags_are_all_deleted_has_none(
    faulty_registry: FaultyRegistry, reference: Reference
) -> None:
    faulty_registry.inject(tags.no_tags(), TAGS)
    assert list_tags(client(), reference) == []


def test_what_is_no_tag_is_left_out(faulty_registry: FaultyRegistry, reference: Reference) -> None:
    faulty_registry.inject(tags.hostile_tags(), TAGS)
    assert list_tags(client(), reference) == ["latest"]


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
