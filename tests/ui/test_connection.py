"""The way between page and service: a lost service and its return, a path prefix behind a reverse proxy."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import start
from tests.ui.proxy import PrefixProxy
from tests.ui.visit import Visit

LOST = "Image Depot is not responding. Trying again…"


def test_a_lost_service_is_reported_and_its_return_brings_all_up_to_date(
    chromium: Browser, hub: FakeHub, docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    push_image(docker_registry.url, "link/one", "latest", [random_layer(500_000, 200)])
    with start(tmp_path, hub) as service:
        hub.cdn.rules.inject(delivery.slow(60_000))
        service.post("/image/dockerhub/docker/link/one/latest/download")
        visit = Visit(chromium, service.url)
        page = visit.go("/settings/general")
        expect(page.get_by_role("spinbutton", name="Parallel downloads")).to_be_visible()
        page.get_by_role("link", name=re.compile("^Downloads")).click()
        row = page.get_by_role("listitem").filter(has_text="link/one:latest")
        expect(row).to_contain_text("Downloading")
        service.kill()
        banner = page.get_by_role("alert").filter(has_text=LOST)
        expect(banner).to_be_visible()
        # What was known still stands there; what is asked for now fails in a sentence.
        expect(row).to_be_visible()
        page.get_by_role("link", name="Settings", exact=True).click()
        page.get_by_role("link", name="Registries", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="No answer from Image Depot.")).to_be_visible()
        hub.heal()
        service.start()
        expect(banner).to_have_count(0)
        expect(page.get_by_role("status").filter(has_text="Connected again")).to_be_visible()
        expect(page.get_by_text("No registries")).to_be_visible()
        # The download went on by itself, and the page shows the image without being loaded again.
        page.get_by_role("link", name="Space", exact=True).click()
        expect(page.get_by_role("link", name=re.compile(r"^link\/one:latest 50\d\skB$"))).to_be_visible(timeout=30_000)
        visit.end()


def test_a_page_that_could_not_be_fetched_shows_itself_with_the_return(
    chromium: Browser, hub: FakeHub, tmp_path: Path
) -> None:
    with start(tmp_path, hub) as service:
        visit = Visit(chromium, service.url)
        page = visit.go()
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        # As if the connection had gone before the rest of the pages had come.
        page.route("**/assets/Space-*.js", lambda route: route.abort())
        service.kill()
        page.get_by_role("link", name="Space", exact=True).click()
        expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
        page.unroute_all()
        service.start()
        expect(page.get_by_role("heading", name="The store is empty")).to_be_visible()
        visit.errors.clear()  # the browser wrote down that the page did not come
        visit.end()


def test_a_dialog_that_could_not_be_fetched_leaves_the_page_standing(
    chromium: Browser, hub: FakeHub, tmp_path: Path
) -> None:
    with start(tmp_path, hub) as service:
        visit = Visit(chromium, service.url)
        page = visit.go()
        page.route("**/assets/Palette-*.js", lambda route: route.abort())
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        page.keyboard.press("Control+k")
        expect(page.get_by_role("alert").filter(has_text="No answer from Image Depot.")).to_be_visible()
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        page.unroute_all()
        visit.errors.clear()  # the browser wrote down that the dialog did not come
        visit.end()


def test_one_can_ask_to_try_now(chromium: Browser, hub: FakeHub, tmp_path: Path) -> None:
    with start(tmp_path, hub) as service:
        visit = Visit(chromium, service.url)
        page = visit.go()
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        service.stop()
        banner = page.get_by_role("alert").filter(has_text=LOST)
        expect(banner).to_be_visible()
        service.start()
        if banner.is_visible():
            banner.get_by_role("button", name="Try now").click()
        expect(banner).to_have_count(0)
        visit.end()


def test_everything_works_under_a_path_prefix(
    chromium: Browser, hub: FakeHub, docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    push_image(docker_registry.url, "link/two", "latest", [random_layer(50_000, 201)])
    with start(tmp_path, hub, root_path="/depot") as service, PrefixProxy(service.url, "/depot") as proxy:
        visit = Visit(chromium, proxy.url)
        page = visit.go("/discover/reference")
        page.get_by_role("searchbox", name="Search images").fill("link/two")
        page.get_by_role("button", name="Find image").click()
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
        expect(page.get_by_role("status").filter(has_text="link/two:latest is ready")).to_be_visible()
        for name in ("Images", "Downloads", "Space", "Settings"):
            page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()
        page.reload()
        expect(page).to_have_url(f"{proxy.url}/settings/general")
        expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
        visit.end()
        assert proxy.strays == []


def test_a_path_prefix_keeps_a_session(chromium: Browser, hub: FakeHub, tmp_path: Path) -> None:
    with start(tmp_path, hub, root_path="/depot") as service, PrefixProxy(service.url, "/depot") as proxy:
        _administrator(service)
        visit = Visit(chromium, proxy.url)
        page = visit.go()
        page.get_by_role("textbox", name="User name").fill("ada")
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
        visit.end()
        assert proxy.strays == []


def _administrator(service: Service) -> None:
    service.post("/users", {"username": "ada", "password": "correct horse", "is_admin": True})


def test_a_style_sheet_that_was_lost_comes_with_its_page(
    chromium: Browser, hub: FakeHub, docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    push_image(docker_registry.url, "link/three", "latest", [random_layer(50_000, 202)])
    with start(tmp_path, hub) as service:
        service.download("link/three")
        visit = Visit(chromium, service.url)
        style = re.compile(r"/Space-[^/]*\.css$")
        visit.page.route(style, lambda route: route.abort(), times=1)
        # The pages are fetched ahead, a few seconds after the first one stands.
        with visit.page.expect_event("requestfailed", lambda request: bool(style.search(request.url))):
            page = visit.go()
        page.get_by_role("link", name="Space", exact=True).click()
        expect(page.get_by_role("link", name=re.compile(r"^link.three:latest"))).to_have_count(2)
        visit.end()
