"""Downloads as they are seen: to their end, cancelled, failed and tried again, many at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.service import Service
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until
from tests.ui.conftest import Visits
from tests.ui.visit import Visit

MANY = 20


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"max_downloads": str(MANY)}


@pytest.fixture(scope="module", autouse=True)
def content(docker_registry: DockerRegistry) -> None:
    for name in ("slow", "cancelled", "failing", "kept"):
        layers = [random_layer(600_000, 80 + len(name)), random_layer(100_000, 90 + len(name))]
        push_image(docker_registry.url, f"moving/{name}", "latest", layers)
    for number in range(MANY):
        push_image(docker_registry.url, f"crowd/n{number}", "latest", [random_layer(60_000, 100 + number)])


def listening(visit: Visit) -> Page:
    """The page, as soon as it has heard what there is."""
    page = visit.go("/downloads")
    expect(page.get_by_role("heading", name="Downloads", exact=True)).to_be_visible()
    return page


def ask(service: Service, name: str) -> None:
    service.post(f"/image/dockerhub/docker/{name}/latest/download")


def running(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Running").get_by_role("listitem").filter(has_text=name)


def ended(page: Page, name: str) -> Locator:
    return part(page, "Finished", name)


def part(page: Page, title: str, name: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True).get_by_role("listitem").filter(has_text=name)


def test_a_slow_download_is_watched_to_its_end(visit: Visit, service: Service, hub: FakeHub) -> None:
    hub.cdn.rules.inject(delivery.slow(250_000))
    page = listening(visit)
    ask(service, "moving/slow")
    row = running(page, "moving/slow:latest")
    expect(row).to_contain_text(re.compile(r"\d+\skB of 70\d\skB"))
    expect(row).to_contain_text(re.compile(r"\d+ s left"))
    expect(row).to_contain_text(re.compile(r"\d+\skB/s"))
    expect(row.get_by_role("img", name=re.compile("^Speed, now")).locator("path")).to_have_count(2)
    row.get_by_role("button", name="Show layers").click()
    expect(row.get_by_role("progressbar")).to_have_count(4)  # the whole, two layers, the config
    bar = row.get_by_role("progressbar", name="Progress of moving/slow:latest")
    for at_least in (r"[1-9]\d", r"[4-9]\d"):
        expect(bar).to_have_attribute("aria-valuenow", re.compile(f"^({at_least}|100)$"))
    expect(ended(page, "moving/slow:latest")).to_contain_text("Done")
    ended(page, "moving/slow:latest").get_by_role("link", name="moving/slow:latest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("moving/slow:latest")


def test_a_running_download_is_cancelled_and_what_ended_is_forgotten(
    visit: Visit, service: Service, hub: FakeHub
) -> None:
    hub.cdn.rules.inject(delivery.hold(hub.gate(), at=1000))
    page = listening(visit)
    ask(service, "moving/cancelled")
    running(page, "moving/cancelled").get_by_role("button", name="Cancel moving/cancelled:latest").click()
    over = ended(page, "moving/cancelled")
    expect(over).to_contain_text("Cancelled")
    assert "moving/cancelled" not in service.names()
    over.get_by_role("button", name="Remove moving/cancelled:latest from the list").click()
    expect(over).to_have_count(0)
    assert all(row["name"] != "moving/cancelled" for row in service.get("/downloads"))


def test_a_failure_is_one_sentence_and_is_tried_again_by_one_click(
    visit: Visit, service: Service, hub: FakeHub
) -> None:
    hub.inject_into(statuses.denied(), {Area.MANIFEST})
    page = listening(visit)
    ask(service, "moving/failing")
    failed = part(page, "Failed", "moving/failing")
    expect(failed).to_contain_text(re.compile("moving/failing.*Docker Hub"))
    expect(page.get_by_role("alert").filter(has_text="moving/failing:latest failed")).to_be_visible()
    hub.heal()
    failed.get_by_role("button", name="Retry moving/failing:latest").click()
    expect(ended(page, "moving/failing")).to_contain_text("Done")
    assert "moving/failing" in service.names()


def test_the_list_of_what_ended_is_cleared(visit: Visit, service: Service) -> None:
    ask(service, "moving/kept")
    service.ended()
    page = visit.go("/downloads")
    expect(ended(page, "moving/kept")).to_be_visible()
    service.download("moving/absent")
    expect(part(page, "Failed", "moving/absent")).to_be_visible()
    page.get_by_role("button", name="Clear finished").click()
    expect(ended(page, "moving/kept")).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(ended(page, "moving/kept")).to_be_visible()
    assert "moving/kept" in {row["name"] for row in service.get("/downloads")}
    page.get_by_role("button", name="Clear finished").click()
    page.get_by_role("status").filter(has_text="removed from the list").get_by_role("button", name="Close").click()
    wait_until(lambda: {row["name"] for row in service.get("/downloads")} == {"moving/absent"}, 30)
    expect(part(page, "Failed", "moving/absent")).to_be_visible()
    assert "moving/kept" in service.names()  # the image stays
    ask(service, "moving/kept")  # a check
    expect(ended(page, "moving/kept")).to_be_visible()
    page.get_by_role("button", name="Clear finished").click()
    expect(ended(page, "moving/kept")).to_have_count(0)
    page.reload()
    expect(part(page, "Failed", "moving/absent")).to_be_visible()
    expect(ended(page, "moving/kept")).to_have_count(0)


def test_the_tray_follows_on_every_other_page(visit: Visit, service: Service, hub: FakeHub) -> None:
    gate = hub.gate()
    hub.cdn.rules.inject(delivery.hold(gate, at=0))
    page = visit.go("/space")
    ask(service, "crowd/n0")
    tray = page.get_by_role("complementary", name="Running downloads")
    expect(tray).to_contain_text("1 download")
    for name in ("Images", "Discover", "Settings"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()
        expect(tray).to_contain_text("crowd/n0:latest")
    tray.get_by_role("button").click()
    tray.get_by_role("link", name="Downloads").click()
    expect(running(page, "crowd/n0")).to_be_visible()
    expect(tray).to_have_count(0)
    gate.open()
    expect(page.get_by_role("status").filter(has_text="crowd/n0:latest is ready")).to_be_visible()


def test_twenty_running_downloads_ask_for_nothing_but_the_event_stream(
    visits: Visits, service: Service, hub: FakeHub
) -> None:
    ask(service, "crowd/n0")  # a check, which is over at once
    wait_until(lambda: not service.get("/image/downloadstatus"), 60)
    visit = visits()
    page = listening(visit)
    # None ends before the test does: the end of one is a reason to ask for more.
    moving, ending = hub.gate(200), hub.gate(200)
    hub.cdn.rules.inject(delivery.hold(moving, at=10_000))
    hub.cdn.rules.inject(delivery.hold(ending, at=50_000))
    for number in range(1, MANY):
        ask(service, f"crowd/n{number}")
    expect(page.get_by_role("region", name="Running").get_by_role("listitem")).to_have_count(MANY - 1)
    before = visit.asked()
    # Responsive: a click is answered while there are nineteen bars.
    first = running(page, "crowd/n1:")
    first.get_by_role("button", name="Show layers").click()
    expect(first.get_by_role("button", name="Hide layers")).to_be_visible()
    bar = page.get_by_role("progressbar", name="Progress of crowd/n7:latest")
    held = bar.get_attribute("aria-valuenow") or ""
    moving.open()
    expect(bar).not_to_have_attribute("aria-valuenow", held)
    assert visit.asked() == before
    assert before["GET /api/v1/downloads/events"] == 1
    hub.heal()
