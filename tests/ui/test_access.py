"""Everybody can use it: no violation that axe-core finds, by keyboard alone, from 360 pixels to 4K, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits, start
from tests.ui.visit import PHONE, Scheme, Visit

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
# Address, and a word by which the page is known to stand.
PAGES = {
    "images": ("/", "acme/eyes"),
    "image": ("/images/docker/acme/eyes/latest", "How to run it"),
    "layers": ("/images/docker/acme/eyes/latest?view=layers", "Shared with"),
    "tags": ("/images/docker/acme/eyes/latest?view=tags", "On this device"),
    "json": ("/images/docker/acme/eyes/latest?view=json", "RepoTags"),
    "appcenter": ("/discover/appcenter", "Docker"),
    "app": ("/discover/app/docker/postgres", "Platforms"),
    "found here": ("/discover/local?q=eyes", "acme/eyes"),
    "official": ("/discover/official", "Official"),
    "dockerhub": ("/discover/dockerhub?q=nginx", "nginx"),
    "reference": ("/discover/reference?q=quay.io/acme/app", "Find image"),
    "downloads": ("/downloads", "acme/slow"),
    "space": ("/space", "What uses the space"),
    "mirror": ("/mirror", "Nothing is cached yet"),
    "machines": ("/mirror/machines", "daemon.json"),
    "general": ("/settings/general", "Parallel downloads"),
    "users": ("/settings/users", "Add a user"),
    "tokens": ("/settings/tokens", "Access tokens belong to users"),
    "catalogs": ("/settings/catalogs", "Built-in catalog"),
    "registries": ("/settings/registries", "Sign in to a registry"),
    "stores": ("/settings/stores", "own store"),
    "nowhere": ("/nowhere", "Page not found"),
}
NARROWEST = ViewportSize(width=360, height=740)
WIDEST = ViewportSize(width=3840, height=2160)


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry, hub: FakeHub) -> None:
    """Two images that share a layer, a failure, and a download that never ends."""
    url, shared = docker_registry.url, random_layer(60_000, 260)
    config = {"ExposedPorts": {"80/tcp": {}}, "Labels": {f"label.{i}": "value" for i in range(9)}}
    push_image(url, "acme/eyes", "latest", [shared, random_layer(30_000, 261)], config=config)
    push_image(url, "acme/eyes", "old", [shared])
    push_image(url, "acme/ears", "latest", [shared, random_layer(40_000, 262)])
    push_image(url, "acme/slow", "latest", [random_layer(400_000, 263)])
    service.download("acme/eyes")
    service.download("acme/ears")
    service.download("acme/nothing")


@pytest.fixture(autouse=True)
def under_way(content: None, hub: FakeHub, service: Service) -> None:
    hub.cdn.rules.inject(delivery.hold(hub.gate(600), at=100_000))
    service.post("/image/dockerhub/docker/acme/slow/latest/download")


@pytest.fixture(autouse=True)
def healed(hub: FakeHub, service: Service) -> Iterator[None]:
    """The download is cancelled with the fault."""
    yield
    for row in service.get("/image/downloadstatus"):
        service.call("DELETE", f"/downloads/{row['id']}")
    hub.heal()


def stands(visit: Visit, name: str) -> Page:
    path, word = PAGES[name]
    page = visit.go(path)
    expect(page.get_by_role("main").get_by_text(word).first).to_be_visible()
    return page


def violations(page: Page) -> list[str]:
    """What axe-core finds, in words."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for each in found
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visits: Visits, scheme: Scheme) -> None:
    visit = visits(scheme=scheme, lenient=True)
    found = {name: violations(stands(visit, name)) for name in PAGES}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_phone_in_dialogs_and_menus(visits: Visits, scheme: Scheme) -> None:
    visit = visits(scheme=scheme, lenient=True, viewport=PHONE)
    found: dict[str, list[str]] = {}
    for name in ("images", "appcenter", "downloads", "space", "general"):
        found[name] = violations(stands(visit, name))
    page = stands(visit, "images")
    page.get_by_role("button", name="Actions for acme/eyes").click()
    expect(page.get_by_role("menuitem", name="Remove…")).to_be_visible()
    found["menu"] = violations(page)
    page.get_by_role("menuitem", name="Remove…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Frees")
    found["remove"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Select acme/eyes").check()
    found["selection"] = violations(page)
    page = stands(visit, "appcenter")
    page.get_by_role("button", name=re.compile("^Tag and platform of")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["get"] = violations(page)
    page = stands(visit, "downloads")
    page.get_by_role("button", name="Show layers").click()
    found["downloads with layers"] = violations(page)
    assert {name: what for name, what in found.items() if what} == {}


def test_the_door_fits_a_phone(chromium: Browser, hub: FakeHub, tmp_path: Path) -> None:
    with start(tmp_path, hub) as service:
        first = Visit(chromium, service.url, viewport=PHONE, welcomed=False)
        page = first.go()
        expect(page.get_by_text("imagedepot serve --listen")).to_be_visible()
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert page.evaluate("innerWidth") == PHONE["width"], "it is not shrunk to fit, either"
        first.end()
        service.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_door(chromium: Browser, hub: FakeHub, tmp_path: Path, scheme: Scheme) -> None:
    with start(tmp_path, hub) as service:
        first = Visit(chromium, service.url, scheme=scheme, welcomed=False, lenient=True)
        page = first.go()
        expect(page.get_by_role("heading", name="Welcome to Image Depot")).to_be_visible()
        assert violations(page) == []
        first.end()
        service.post("/users", {"username": "ada", "password": "correct horse", "is_admin": True})
        door = Visit(chromium, service.url, scheme=scheme, lenient=True)
        page = door.go()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert violations(page) == []
        service.stop()
        door.end()


@pytest.mark.parametrize("viewport", [NARROWEST, WIDEST], ids=["360", "4K"])
def test_no_page_scrolls_sideways(visits: Visits, viewport: ViewportSize) -> None:
    visit = visits(viewport=viewport)
    wide = []
    for name in PAGES:
        page = stands(visit, name)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)
    assert wide == []


def test_all_of_it_is_reached_by_keyboard(visit: Visit) -> None:
    page = stands(visit, "images")
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    # Past what can be done with all images.
    reached: list[str] = []
    while "Filter images" not in reached and len(reached) < 9:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText"))
    assert reached[-1] == "Filter images", reached
    # A menu, a dialog, and back to where one was.
    menu = page.get_by_role("button", name="Actions for acme/eyes")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Details")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Remove…")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove this image?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('[role=dialog]')")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # A download's layers, by keyboard alone.
    page = stands(visit, "downloads")
    layers = page.get_by_role("button", name="Show layers")
    layers.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Hide layers")).to_be_focused()


def test_colours_follow_the_system_until_one_chooses(visits: Visits) -> None:
    visit = visits(scheme="dark")
    page = stands(visit, "images")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitemradio", name="Light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.reload()
    expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_titles_of_the_window_tell_where_one_is(visit: Visit) -> None:
    stands(visit, "images")
    expect(visit.page).to_have_title(re.compile(r"^(\d+%\s?· )?Images · Image Depot$"))
    stands(visit, "image")
    expect(visit.page).to_have_title(re.compile(r"^(\d+%\s?· )?acme/eyes:latest · Image Depot$"))
    stands(visit, "space")
    expect(visit.page).to_have_title(re.compile(r"^(\d+%\s?· )?Space · Image Depot$"))
