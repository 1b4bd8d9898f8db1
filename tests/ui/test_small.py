"""Small things that people stumble over, each seen once and kept mended."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import start
from tests.ui.proxy import PrefixProxy
from tests.ui.visit import Visit

LOST = "Image Depot is not responding. Trying again…"


@pytest.fixture(scope="module", autouse=True)
def content(docker_registry: DockerRegistry, service: Service) -> None:
    push_image(docker_registry.url, "small/one", "latest", [random_layer(500_000, 700)])
    push_image(docker_registry.url, "small/here", "latest", [random_layer(50_000, 701)])
    service.download("small/here")


def box(of: Locator) -> FloatRect:
    found = of.bounding_box()
    assert found is not None
    return found


def test_a_lost_service_leaves_the_user_menu_in_view_and_shows_no_speed(
    chromium: Browser, hub: FakeHub, tmp_path: Path
) -> None:
    with start(tmp_path, hub) as service:
        hub.cdn.rules.inject(delivery.slow(40_000))
        service.post("/image/dockerhub/docker/small/one/latest/download")
        visit = Visit(chromium, service.url)
        page = visit.go("/downloads")
        row = page.get_by_role("listitem").filter(has_text="small/one:latest")
        expect(row).to_contain_text(re.compile(r"\d\skB/s"))
        service.kill()
        expect(page.get_by_role("alert").filter(has_text=LOST)).to_be_visible()
        expect(page.get_by_role("button", name="More", exact=True)).to_be_in_viewport(ratio=1)
        expect(row).not_to_contain_text("kB/s")
        expect(row).not_to_contain_text("left")
        hub.heal()
        visit.end()


def test_what_skips_the_first_page_is_smaller_than_what_does_it(
    chromium: Browser, hub: FakeHub, tmp_path: Path
) -> None:
    with start(tmp_path, hub) as service:
        visit = Visit(chromium, service.url, welcomed=False)
        page = visit.go()
        create, skip = (
            box(page.get_by_role("button", name="Create administrator")),
            box(page.get_by_role("button", name="Skip for now")),
        )
        assert skip["width"] * skip["height"] < create["width"] * create["height"] / 2
        visit.end()


def test_the_copy_button_lies_beside_code_and_not_over_it(visit: Visit) -> None:
    page = visit.go("/images/docker/small/here/latest")
    code = page.locator("pre[role=region]").first
    expect(code).to_be_visible()
    copy = box(code.locator("xpath=..").get_by_role("button", name="Copy"))
    assert copy["x"] >= box(code)["x"] + box(code)["width"]


def test_the_title_of_a_dialog_is_its_strongest_text(visit: Visit) -> None:
    page = visit.go()
    page.get_by_role("button", name="Actions for small/here").click()
    page.get_by_role("menuitem", name="Remove…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Frees")
    sizes = dialog.evaluate(
        """dialog => [...dialog.querySelectorAll("*")].filter(one => one.firstChild?.nodeType === 3)
            .map(one => [one, getComputedStyle(one)])
            .map(([one, style]) => [one.textContent, parseFloat(style.fontSize), +style.fontWeight])"""
    )
    title = next(each for each in sizes if each[0] == "Remove this image?")
    assert all(size < title[1] and weight <= title[2] for text, size, weight in sizes if text != title[0]), sizes


def test_it_can_be_installed_below_a_path_prefix(chromium: Browser, hub: FakeHub, tmp_path: Path) -> None:
    with start(tmp_path, hub, root_path="/depot") as service, PrefixProxy(service.url, "/depot") as proxy:
        visit = Visit(chromium, proxy.url)
        page = visit.go()
        address = page.evaluate("document.querySelector('link[rel=manifest]').href")
        answer = page.request.get(address)
        assert answer.headers["content-type"] == "application/manifest+json"
        manifest = json.loads(answer.body())
        assert urljoin(address, manifest["start_url"]) == urljoin(address, manifest["scope"]) == f"{proxy.url}/"
        kinds = {page.request.get(urljoin(address, icon["src"])).headers["content-type"] for icon in manifest["icons"]}
        assert kinds == {"image/svg+xml", "image/png"}
        assert proxy.strays == []
        visit.end()
