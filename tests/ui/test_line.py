"""Downloads that wait for their turn: their places, moved and cancelled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit

MORE = ("fourth", "fifth", "sixth")


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"max_downloads": "1"}


@pytest.fixture(scope="module", autouse=True)
def content(docker_registry: DockerRegistry) -> None:
    for number, name in enumerate(("first", "second", "third", *MORE)):
        push_image(docker_registry.url, f"line/{name}", "latest", [random_layer(30_000, 70 + number)])


def test_the_line_is_shown_with_its_places_moved_and_cancelled_as_a_whole(
    visit: Visit, service: Service, hub: FakeHub
) -> None:
    hub.cdn.rules.inject(delivery.hold(hub.gate(), at=1000))
    page = visit.go("/downloads")
    for name in ("line/first", "line/second", "line/third"):
        service.post(f"/image/dockerhub/docker/{name}/latest/download")
    expect(page.get_by_role("region", name="Running")).to_contain_text("line/first")
    expect(page.get_by_text(re.compile(r"^1 running, 2 waiting"))).to_be_visible()
    line = page.get_by_role("region", name="Waiting").get_by_role("listitem")
    expect(line).to_have_text([re.compile("line/second.*Begins next"), re.compile("line/third.*Place 2")])
    line.get_by_role("button", name="Move line/third:latest up").click()
    expect(line).to_have_text([re.compile("line/third.*Begins next"), re.compile("line/second.*Place 2")])
    page.reload()
    expect(line).to_have_text([re.compile("line/third.*Begins next"), re.compile("line/second.*Place 2")])
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    for name in ("first", "second", "third"):
        over = page.get_by_role("region", name="Finished").get_by_role("listitem").filter(has_text=f"line/{name}")
        expect(over).to_contain_text("Cancelled")
    expect(page.get_by_role("region", name="Waiting")).to_have_count(0)
    assert service.get("/image/downloadstatus") == []


def test_one_that_ends_while_all_are_cancelled_stays_in_the_list(visit: Visit, service: Service, hub: FakeHub) -> None:
    hub.cdn.rules.inject(delivery.hold(hub.gate(), at=1000))
    page = visit.go("/downloads")
    for name in MORE:
        service.post(f"/image/dockerhub/docker/line/{name}/latest/download")
    ids = {row["name"]: row["id"] for row in service.get("/downloads")}
    over = page.get_by_role("region", name="Finished", include_hidden=True).get_by_role("listitem", include_hidden=True)

    def end_the_second(route: Route) -> None:
        if route.request.method == "DELETE" and route.request.url.endswith(str(ids["line/sixth"])):
            service.call("DELETE", f"/downloads/{ids['line/fifth']}")
            expect(over.filter(has_text="line/fifth")).to_contain_text("Cancelled")
        route.continue_()

    page.route("**/api/v1/downloads/*", end_the_second)
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    expect(over.filter(has_text="line/fourth")).to_contain_text("Cancelled")
    assert "line/fifth" in {row["name"] for row in service.get("/downloads")}
