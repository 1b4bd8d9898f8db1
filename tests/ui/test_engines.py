"""Engines in the web UI: one that answers is offered and chosen, and images move into it; one away is told."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.fakes.hub import FakeHub
from tests.ground.engines import Dockerd
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
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
        expect(page.get_by_text("New images go to Docker Engine now.")).to_be_visible()
        page.get_by_role("button", name="Skip for now").click()
        page.goto(f"{service.url}/settings/stores")
        used = page.get_by_role("listitem").filter(has_text="Docker Engine")
        expect(used).to_contain_text("New images go here · 0 images")
        used.get_by_role("button", name="Use Image Depot's own store").click()
        page.get_by_role("dialog").get_by_role("button", name="Use Image Depot's own store").click()
        own = page.get_by_role("listitem").filter(has_text="Docker images").filter(has_text="own store")
        expect(own).to_contain_text("New images go here")
        visit.end()


def test_another_store_is_chosen_without_a_restart_and_the_images_move_there(
    chromium: Browser, hub: FakeHub, dockerd: Dockerd, docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    push_image(docker_registry.url, "lab/moves", "1", [random_layer(3000, 5)])
    service = start(tmp_path, hub)
    service.environment["DOCKER_HOST"] = dockerd.address
    with service:
        service.post("/image/dockerhub/docker/lab/moves/1/download")
        visit = Visit(chromium, service.url)
        page = visit.go("/")
        expect(page.get_by_role("row").filter(has_text="lab/moves")).to_be_visible()
        page.goto(f"{service.url}/settings/stores")
        page.get_by_role("button", name="Use Docker Engine").click()
        dialog = page.get_by_role("dialog", name="Use Docker Engine?")
        expect(dialog.get_by_text("1 image is in Image Depot's own store. What should happen to it?")).to_be_visible()
        expect(dialog.get_by_role("radio", name="Keep listed")).to_be_checked()
        dialog.get_by_role("button", name="Use Docker Engine").click()
        before = page.get_by_role("listitem").filter(has_text="Docker images").filter(has_not_text="Docker Engine")
        expect(before).to_contain_text("1 image,")
        page.goto(f"{service.url}/")
        expect(page.get_by_role("row").filter(has_text="lab/moves")).to_contain_text("Own store")
        page.goto(f"{service.url}/settings/stores")
        before.get_by_role("button", name="Move or remove").click()
        dialog = page.get_by_role("dialog", name="Images in Image Depot's own store")
        expect(dialog.get_by_role("radio", name="Move", exact=True)).to_be_checked()
        dialog.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("1 image was moved")).to_be_visible()
        expect(before).to_have_count(0)
        assert dockerd("image", "ls", "--format", "{{.Repository}}") == "lab/moves"
        page.get_by_role("button", name="Use Image Depot's own store").click()
        dialog = page.get_by_role("dialog", name="Use Image Depot's own store?")
        dialog.get_by_role("radio", name="Remove").check()
        dialog.get_by_role("button", name="Use Image Depot's own store").click()
        expect(page.get_by_text("1 image was removed")).to_be_visible()
        assert dockerd("images", "-q") == ""
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
