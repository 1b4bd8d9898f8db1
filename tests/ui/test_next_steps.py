"""Each failure of a download, and the step that helps against it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.service import Service
from tests.fakes import statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit


@pytest.fixture(scope="module", autouse=True)
def content(docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "steps/app", "1.0", [random_layer(3_000, 60)])
    push_image(docker_registry.url, "steps/app", "2.0", [random_layer(3_000, 61)])
    push_index(docker_registry.url, "steps/arm", "latest", ["linux/arm64", "linux/arm/v7"])


def failure(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Failed").get_by_role("listitem").filter(has_text=name)


def test_one_that_a_registry_denies_leads_to_its_login(visit: Visit, service: Service, hub: FakeHub) -> None:
    hub.inject_into(statuses.denied(), {Area.MANIFEST})
    service.download("steps/app", "1.0")
    page = visit.go("/downloads")
    failure(page, "steps/app:1.0").get_by_role("link", name="Sign in to Docker Hub").click()
    expect(page.get_by_role("textbox", name="Registry")).to_have_value("docker.io")


def test_a_tag_that_is_not_there_leads_to_the_tags(visit: Visit, service: Service) -> None:
    service.download("steps/app", "nosuch")
    page = visit.go("/downloads")
    failure(page, "steps/app:nosuch").get_by_role("link", name="See the tags").click()
    expect(page.get_by_role("button", name="1.0", exact=True)).to_be_visible()


def test_a_platform_that_there_is_not_can_be_chosen_from_those_that_there_are(visit: Visit, service: Service) -> None:
    service.download("steps/arm")
    page = visit.go("/downloads")
    failed = failure(page, "steps/arm:latest")
    expect(failed.get_by_role("button", name="Choose linux/arm/v7")).to_be_visible()
    failed.get_by_role("button", name="Choose linux/arm64").click()
    over = page.get_by_role("region", name="Finished").get_by_role("listitem").filter(has_text="steps/arm")
    expect(over).to_contain_text("linux/arm64")
    expect(over).to_contain_text("Done")
    expect(failed).to_have_count(0)


def test_one_that_is_rate_limited_names_the_local_time_of_its_retry(
    visit: Visit, service: Service, hub: FakeHub
) -> None:
    hub.inject_into(statuses.too_many_requests("3600"), {Area.MANIFEST})
    service.download("steps/app", "2.0")
    page = visit.go("/downloads")
    expect(failure(page, "steps/app:2.0")).to_contain_text(re.compile(r"Retries by itself at .*\d+:\d\d"))
    hub.heal()
    failure(page, "steps/app:2.0").get_by_role("button", name="Retry steps/app:2.0").click()
    expect(page.get_by_role("region", name="Finished")).to_contain_text("steps/app:2.0")


def test_one_without_space_leads_to_where_it_is_freed(visit: Visit, service: Service) -> None:
    """The disk of a test cannot be filled: the row is as the service sends it then."""
    failed = service.download("steps/app", "nosuch")
    row = {**failed, "login": "", "reason": "storage_failure", "missing": 13_000_000}

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/event-stream", body=f"event: snapshot\ndata: {json.dumps([row])}\n\n")

    visit.page.route(re.compile("/downloads/events"), answer)
    page = visit.go("/downloads")
    failure(page, "steps/app:nosuch").get_by_role("link", name=re.compile(r"^Free up 13\.?0?.MB$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Space")


def test_all_that_failed_are_retried_at_once(visit: Visit, service: Service) -> None:
    for tag in ("one", "two"):
        service.download("steps/late", tag)
    page = visit.go("/downloads")
    before = {row["id"]: row["created"] for row in service.get("/downloads") if row["status"] == "failed"}
    assert len(before) >= 2
    with page.expect_response(re.compile("/retry$")):
        page.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_role("button", name="Retry failed")).to_be_enabled()
    expect(failure(page, "steps/late")).to_have_count(2)
