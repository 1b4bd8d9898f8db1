"""Blobs at the CDN, redirects, tags in pages, manifests that are none: what a registry sends one after."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.fakes import manifests, redirects, statuses, tags
from tests.fakes.asking import Got, ask
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, TAGS
from tests.ground.images import push_image, random_layer

LAYER = random_layer(5000)


@pytest.fixture
def registry(faulty_registry: FaultyRegistry) -> FaultyRegistry:
    for tag in ("1", "2", "3", "4", "5"):
        push_image(faulty_registry.upstream.url, "lab/elsewhere", tag, [LAYER])
    return faulty_registry


def manifest(registry: FaultyRegistry, method: str = "GET") -> Got:
    return ask(f"{registry.url}/v2/lab/elsewhere/manifests/1", method, Accept=manifests.OCI_MANIFEST)


def blob_url(registry: FaultyRegistry) -> str:
    return f"{registry.url}/v2/lab/elsewhere/blobs/{manifest(registry).json['layers'][0]['digest']}"


@pytest.mark.parametrize("code", [301, 302, 303, 307])
def test_a_blob_is_at_the_cdn(registry: FaultyRegistry, code: int) -> None:
    registry.redirect_blobs(code)
    sent = ask(blob_url(registry))
    assert (sent.status, sent.headers["Location"].startswith(registry.cdn.url)) == (code, True)
    assert ask(sent.headers["Location"]).body == LAYER
    rest = ask(sent.headers["Location"], Range="bytes=4000-")
    assert (rest.status, rest.body) == (206, LAYER[4000:])
    assert registry.cdn.leaks == []


def test_the_cdn_refuses_authorization_and_remembers_it(registry: FaultyRegistry) -> None:
    registry.redirect_blobs()
    got = ask(ask(blob_url(registry)).headers["Location"], Authorization="Bearer secret")
    assert got.status == 400
    assert b"<Code>InvalidArgument</Code>" in got.body
    assert [e.authorization for e in registry.cdn.leaks] == ["Bearer secret"]


def test_a_signed_address_is_for_get_and_for_a_while(registry: FaultyRegistry) -> None:
    registry.redirect_blobs()
    address = ask(blob_url(registry)).headers["Location"]
    assert ask(address, "HEAD").status == 403
    assert ask(address.replace("elsewhere", "another")).status == 403
    registry.cdn.expire_all()
    late = ask(address)
    assert (late.status, b"Request has expired" in late.body) == (403, True)
    assert ask(ask(blob_url(registry)).headers["Location"]).status == 200


def test_a_single_use_address_works_once(registry: FaultyRegistry) -> None:
    registry.redirect_blobs()
    registry.cdn.single_use = True
    address = ask(blob_url(registry)).headers["Location"]
    assert [ask(address).status for _ in range(2)] == [200, 403]


def test_a_blob_that_is_not_there_is_not_at_the_cdn_either(registry: FaultyRegistry) -> None:
    registry.redirect_blobs()
    assert ask(f"{registry.url}/v2/lab/elsewhere/blobs/sha256:{'0' * 64}").status == 404


def test_redirects_in_circles_and_for_ever(registry: FaultyRegistry) -> None:
    url = blob_url(registry)
    rule = registry.inject(redirects.redirect_loop(), BLOBS)
    assert url.endswith(ask(url).headers["Location"])
    registry.rules.remove(rule)
    registry.inject(redirects.redirect_forever(), BLOBS)
    assert ask(url).headers["Location"] != ask(url).headers["Location"]


def follow_tags(registry: FaultyRegistry) -> list[str]:
    found, url = [], f"{registry.url}/v2/lab/elsewhere/tags/list"
    for _ in range(5):
        got = ask(url)
        found += got.json["tags"]
        target = urlsplit(got.headers.get("Link", "").partition(";")[0].strip("<>"))
        if not target.path:
            break
        url = f"{registry.url}{target.path}?{target.query}"  # of this registry, whatever host is named
    return found


@pytest.mark.parametrize("links", tags.GOOD_LINKS)
def test_good_links_lead_to_every_tag(registry: FaultyRegistry, links: tags.Links) -> None:
    registry.inject(tags.paged_tags(links), TAGS)
    assert follow_tags(registry) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("links", [tags.Links.LOOP, tags.Links.ENDLESS])
def test_bad_links_never_end(registry: FaultyRegistry, links: tags.Links) -> None:
    registry.inject(tags.paged_tags(links), TAGS)
    assert len(follow_tags(registry)) >= 5
    assert ask(f"{registry.url}/v2/lab/elsewhere/tags/list").headers["Link"]


def test_a_link_to_another_host(registry: FaultyRegistry) -> None:
    registry.inject(tags.paged_tags(tags.Links.FOREIGN, foreign="http://127.0.0.9:9"), TAGS)
    link = ask(f"{registry.url}/v2/lab/elsewhere/tags/list").headers["Link"]
    assert link.startswith("<http://127.0.0.9:9/v2/lab/elsewhere/tags/list?")


def test_tags_may_be_null(registry: FaultyRegistry) -> None:
    registry.inject(tags.no_tags(), TAGS)
    assert ask(f"{registry.url}/v2/lab/elsewhere/tags/list").json == {"name": "lab/elsewhere", "tags": None}


def test_head_may_be_refused_or_tell_no_digest(registry: FaultyRegistry) -> None:
    assert manifest(registry, "HEAD").headers["Docker-Content-Digest"]
    registry.inject(statuses.without_digest(), MANIFESTS, method="HEAD")
    assert "Docker-Content-Digest" not in manifest(registry, "HEAD").headers
    assert "Docker-Content-Digest" in manifest(registry).headers
    registry.inject(statuses.head_refused(), MANIFESTS, method="HEAD")
    assert (manifest(registry, "HEAD").status, manifest(registry).status) == (405, 200)


@pytest.mark.parametrize("name", manifests.NOT_FOR_US)
def test_a_manifest_that_is_no_image_comes_with_its_true_digest(registry: FaultyRegistry, name: str) -> None:
    served = manifests.NOT_FOR_US[name]
    registry.inject(manifests.manifest_instead(served), MANIFESTS)
    got = manifest(registry)
    assert (got.headers["Content-Type"], got.body) == (served.media_type, served.body)
    assert got.headers["Docker-Content-Digest"] == manifests.Served("", got.body).digest


def test_nested_indexes_lead_inwards(registry: FaultyRegistry) -> None:
    registry.inject(manifests.nested_indexes(4), MANIFESTS)
    got, depth = manifest(registry), 1
    while (entry := got.json["manifests"][0])["mediaType"] == manifests.OCI_INDEX:
        got, depth = ask(f"{registry.url}/v2/lab/elsewhere/manifests/{entry['digest']}"), depth + 1
    assert depth == 4


def test_a_429_says_when_in_every_way(registry: FaultyRegistry) -> None:
    registry.inject(statuses.too_many_requests("7"), MANIFESTS)
    got = manifest(registry)
    assert (got.status, got.headers["Retry-After"], got.json["errors"][0]["code"]) == (429, "7", "TOOMANYREQUESTS")
    registry.rules.clear()
    registry.inject(statuses.hap429(), MANIFESTS)
    assert manifest(registry).body == b"Too Many Requests (HAP429).\n"


def test_an_early_fault_strikes_before_the_guard(registry: FaultyRegistry) -> None:
    registry.require_token()
    registry.inject(statuses.status(500))
    assert manifest(registry).status == 401
    registry.early.inject(statuses.cloudflare())
    got = manifest(registry)
    assert (got.status, got.headers["cf-mitigated"], got.headers["Content-Type"]) == (
        403,
        "challenge",
        "text/html; charset=UTF-8",
    )
