"""Updates: how many there are, checking now, bringing one or all, and the rules."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until
from tests.ui.conftest import Visits
from tests.ui.visit import PHONE, Visit

NAMES = ("lab/one", "lab/three", "lab/two")


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    for seed, name in enumerate(NAMES):
        push_image(docker_registry.url, name, "1", [random_layer(90_000, seed)])
        service.download(name, "1")


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Updates")


def newer(registry: DockerRegistry, seed: int, *names: str) -> None:
    for at, name in enumerate(names):
        push_image(registry.url, name, "1", [random_layer(150_000, 10 * seed + at)])


def test_nothing_is_known_before_the_first_check_and_each_image_is_asked_by_one_head(
    visit: Visit, hub: FakeHub, docker_registry: DockerRegistry
) -> None:
    page = visit.go()
    expect(bar(page)).to_contain_text("Not checked for updates yet")
    expect(bar(page).get_by_role("button", name="Update all")).to_have_count(0)
    newer(docker_registry, 1, "lab/one", "lab/two")
    hub.requests.clear()
    bar(page).get_by_role("button", name="Check now").click()
    expect(bar(page)).to_contain_text("2 updates · checked just now")
    assert hub.requests.count("/v2/*/manifests/*", "HEAD") == 3
    assert hub.requests.count("/v2/*/manifests/*", "GET") == 0


def outdated(service: Service, registry: DockerRegistry, seed: int, name: str) -> None:
    """An image of the test's own, of which there is a newer one; what was checked a moment ago is not asked again."""
    push_image(registry.url, name, "1", [random_layer(90_000, seed)])
    service.download(name, "1")
    newer(registry, seed, name)
    service.post("/updates/check", {"images": [{"name": name, "tag": "1"}]})
    wait_until(lambda: service.get("/updates")["waiting"] == 0)


def test_the_filter_keeps_what_has_an_update(visit: Visit, service: Service, docker_registry: DockerRegistry) -> None:
    outdated(service, docker_registry, 4, "lab/filter")
    page = visit.go()
    only = page.get_by_role("button", name=re.compile(r"^Updates \(\d\)$"))
    only.click()
    expect(page.get_by_role("link", name="lab/three", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="lab/filter", exact=True)).to_be_visible()
    only.click()
    expect(page.get_by_role("link", name="lab/three", exact=True)).to_be_visible()


def test_the_page_of_an_image_has_a_button_with_the_size(
    visit: Visit, service: Service, docker_registry: DockerRegistry
) -> None:
    outdated(service, docker_registry, 5, "lab/page")
    page = visit.go("/images/docker/lab/page/1")
    page.get_by_role("button", name=re.compile(r"^Update \(15\d kB\)$")).click()
    expect(page.get_by_role("button", name="Check for updates")).to_be_visible()
    expect(page.get_by_text("Up to date")).to_be_visible()
    assert service.ended()["name"] == "lab/page"


def test_all_updates_come_at_once(visit: Visit, service: Service, docker_registry: DockerRegistry) -> None:
    outdated(service, docker_registry, 6, "lab/all")
    page = visit.go()
    bar(page).get_by_role("button", name=re.compile(r"^Update all \(\d+ kB\)$")).click()
    expect(page.get_by_text(re.compile(r"^\d updates? started$"))).to_be_visible()
    expect(bar(page)).to_contain_text("No updates · checked")
    wait_until(lambda: service.get("/updates")["available"] == 0)


def test_rules_are_made_tried_changed_and_removed(visit: Visit, service: Service) -> None:
    page = visit.go()
    page.get_by_role("button", name="Update rules").click()
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Update rules"))
    expect(card).to_contain_text("All other images")
    card.get_by_label("Images", exact=True).fill("lab/*")
    card.get_by_role("combobox", name="When there is an update").click()
    page.get_by_role("option", name="Download updates").click()
    card.get_by_label("Versions to keep").fill("2")
    card.get_by_label("Maintenance window").fill("at night")
    card.get_by_role("button", name="Preview").click()
    expect(card).to_contain_text("'at night' is not a maintenance window")
    card.get_by_label("Maintenance window").fill("sat,sun 02:00-05:00")
    card.get_by_role("button", name="Preview").click()
    expect(card).to_contain_text(re.compile("lab/three:1 (is up to date|has not been checked yet)"))
    assert len(service.get("/updates/rules")["results"]) == 1, "a preview changes nothing"
    card.get_by_role("button", name="Save rule").click()
    expect(card.get_by_role("listitem").filter(has_text="lab/*")).to_contain_text(
        "keeps 2 versions before · sat,sun 02:00-05:00 · every 1d"
    )
    card.get_by_role("button", name="Edit the rule for lab/*").click()
    expect(card.get_by_label("Versions to keep")).to_have_value("2")
    card.get_by_role("button", name="Remove the rule for lab/*").click()
    expect(page.get_by_text("Rule removed")).to_be_visible()
    assert len(service.get("/updates/rules")["results"]) == 1


def test_a_phone_shows_it_without_a_sideways_scroll(visits: Visits, docker_registry: DockerRegistry) -> None:
    newer(docker_registry, 2, "lab/one")
    page = visits(viewport=PHONE).go()
    page.get_by_role("button", name="Update rules").click()
    expect(bar(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
