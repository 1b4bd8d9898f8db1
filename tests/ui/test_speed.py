"""What pages cost a browser: how often they draw what, and what they make for it. Counted, never timed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import start
from tests.ui.renders import count_renders, taken
from tests.ui.visit import Visit

CROWD = 6
CARDS = 40


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, hub: FakeHub, docker_registry: DockerRegistry
) -> Iterator[Service]:
    for number in range(CROWD):
        push_image(docker_registry.url, f"speed/n{number}", "latest", [random_layer(400_000, 300 + number)])
    folder = tmp_path_factory.mktemp("ui")
    catalog = folder / "catalog.json"
    templates = [
        {"type": 1, "title": f"Speed {n}", "image": f"speed/n{n}:latest", "description": "x"} for n in range(CARDS)
    ]
    catalog.write_text(json.dumps({"version": "2", "templates": templates}))
    with start(folder, hub, catalogs=str(catalog), max_downloads=str(CROWD)) as running:
        yield running


@pytest.fixture(autouse=True)
def healed(hub: FakeHub, service: Service) -> Iterator[None]:
    """The downloads are cancelled with the fault."""
    yield
    for row in service.get("/image/downloadstatus"):
        service.call("DELETE", f"/downloads/{row['id']}")
    hub.heal()


def test_downloads_draw_the_cards_of_their_own_images_alone(visit: Visit, service: Service, hub: FakeHub) -> None:
    count_renders(visit.page)
    page = visit.go("/discover/appcenter")
    expect(page.get_by_role("heading", name="Speed 30")).to_be_visible()
    hub.cdn.rules.inject(delivery.slow(20_000))  # twenty seconds each, on however busy a machine
    for number in range(CROWD):
        service.post(f"/image/dockerhub/docker/speed/n{number}/latest/download")
    expect(page.get_by_role("main").get_by_role("progressbar")).to_have_count(CROWD)
    bar = page.get_by_role("main").get_by_role("progressbar").first
    taken(page)
    begun = {row["id"]: row["bytes"] for row in service.get("/image/downloadstatus")}
    for _ in range(4):
        held = bar.get_attribute("aria-valuenow") or ""
        expect(bar).not_to_have_attribute("aria-valuenow", held)
    drawn, formatters = taken(page)
    moved = [row for row in service.get("/image/downloadstatus") if row["bytes"] > begun[row["id"]]]
    assert moved
    cards = {name: times for name, times in drawn.items() if name.startswith("card ")}
    assert cards, drawn
    assert cards.keys() <= {f"card speed/n{number}" for number in range(CROWD)}
    assert formatters == 0


def test_an_arrival_draws_its_own_card_and_no_other(visit: Visit, service: Service) -> None:
    service.ended()
    service.call("DELETE", "/image/local/docker/speed/n0")
    count_renders(visit.page)
    page = visit.go("/discover/appcenter")
    expect(page.get_by_role("button", name="Download Speed 0", exact=True)).to_be_visible()
    taken(page)
    service.post("/image/dockerhub/docker/speed/n0/latest/download")
    expect(page.get_by_role("link", name="Installed: Speed 0")).to_be_visible()
    drawn, _ = taken(page)
    cards = {name for name in drawn if name.startswith("card ")}
    assert cards == {"card speed/n0"}


def test_a_shell_stands_there_before_the_application_does(visit: Visit) -> None:
    visit.page.route("**/assets/*.js", lambda route: None)  # on their way for ever
    visit.page.goto(f"{visit.url}/", wait_until="commit")
    expect(visit.page.get_by_role("status", name="Loading…")).to_be_visible()
    expect(visit.page.get_by_text("Image Depot")).to_be_visible()
