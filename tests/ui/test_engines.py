"""Engines in the web UI: one that answers is offered, chosen, used from the next start on; one away is told."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.fakes.hub import FakeHub
from tests.ground.engines import Dockerd
from tests.ui.conftest import start
from tests.ui.visit import Visit


def test_a_first_visit_offers_the_engine_that_was_found(
    chromium: Browser, hub: FakeHub, dockerd: Dockerd, tmp_path: Path
) -> None:
    service = start(tmp_path, hub)
    service.environment["DOCKER_HOST"] = dockerd.address
    with service:
        visit = Visit(chromium, service.url, welcomed=False)
        page = visit.go()
        expect(page.get_by_role("heading", name="Where to store images")).to_be_visible()
        page.get_by_role("button", name="Use Docker Engine").click()
        expect(page.get_by_text("Restart the service to use it.")).to_be_visible()
        page.get_by_role("button", name="Skip for now").click()
        page.goto(f"{service.url}/settings/stores")
        expect(page.get_by_text(f"After restart: {dockerd.address}")).to_be_visible()
        service.stop()
        service.start()
        page.goto(f"{service.url}/settings/stores")
        used = page.get_by_role("listitem").filter(has_text="Docker Engine")
        expect(used).to_contain_text("Available")
        used.get_by_role("button", name="Use Image Depot's own store").click()
        expect(used).to_contain_text("After restart: Image Depot's own store")
        visit.end()


def test_an_engine_that_is_away_is_reported_where_its_images_would_be(
    chromium: Browser, hub: FakeHub, tmp_path: Path
) -> None:
    nowhere = f"unix://{tmp_path}/no.sock"
    with start(tmp_path, hub, docker=nowhere) as service:
        visit = Visit(chromium, service.url)
        page = visit.go("/settings/stores")
        away = page.get_by_role("listitem").filter(has_text=nowhere)
        expect(away).to_contain_text("Not responding")
        page.get_by_role("link", name="Images", exact=True).click()
        alert = page.get_by_role("main").get_by_role("alert").filter(has_text="Docker Engine is not responding")
        expect(alert).to_contain_text("no.sock")
        expect(alert.get_by_role("button", name="Try again")).to_be_visible()
        visit.end()
