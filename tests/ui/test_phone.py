"""A phone: controls as wide as a finger, tabs within reach, names with their end, fields that need no zoom."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits
from tests.ui.visit import PHONE, Visit

LONG = "acme/a-name-of-many-words/that-says-more-than-one-line-of-a-phone-holds"
SLOW = "acme/another-name-of-many-words/that-also-says-more-than-one-line-of-a-phone-holds"
# Address, and a word by which the page is known to stand.
PAGES = {
    "images": ("/", "acme/a-name"),
    "image": (f"/images/docker/{LONG}/latest", "How to run it"),
    "layers": (f"/images/docker/{LONG}/latest?view=layers", "Shared with"),
    "tags": (f"/images/docker/{LONG}/latest?view=tags", "On this device"),
    "json": (f"/images/docker/{LONG}/latest?view=json", "RepoTags"),
    "appcenter": ("/discover/appcenter", "Docker"),
    "app": ("/discover/app/docker/postgres", "Platforms"),
    "found here": ("/discover/local?q=name", "acme/a-name"),
    "official": ("/discover/official", "Official"),
    "dockerhub": ("/discover/dockerhub?q=nginx", "nginx"),
    "reference": ("/discover/reference", "For example"),
    "downloads": ("/downloads", "Show layers"),
    "space": ("/space", "What uses the space"),
    "mirror": ("/mirror", "Nothing is cached yet"),
    "machines": ("/mirror/machines", "daemon.json"),
    "general": ("/settings/general", "Parallel downloads"),
    "users": ("/settings/users", "Add a user"),
    "tokens": ("/settings/tokens", "Access tokens belong to users"),
    "catalogs": ("/settings/catalogs", "Built-in catalog"),
    "registries": ("/settings/registries", "Sign in to a registry"),
    "notifications": ("/settings/notifications", "Add a channel"),
    "stores": ("/settings/stores", "own store"),
    "nowhere": ("/nowhere", "Page not found"),
}

# What a finger of 44 pixels does not hit: asked of the page itself, at the edges of a square around each middle.
# Links inside sentences may be as small as their words, and a block of the map of the space is as large as its image.
MISSED = """
root => {
  const CONTROLS = 'a[href], button, input, select, textarea, summary, [role="menuitem"], [role="option"]';
  const HALF = 21;
  const seen = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const missed = [];
  for (const control of document.querySelector(root).querySelectorAll(CONTROLS)) {
    if (control.closest("[data-map]") || control.type === "hidden" || control.type === "file") continue;
    if (control.matches("a") && getComputedStyle(control).display === "inline" && control.closest("p, dd")) continue;
    if (control.tabIndex < 0 && !control.matches("input")) continue;
    const labels = [...(control.labels ?? [])];
    let shown = control;
    const hidden = !seen(control) || control.getBoundingClientRect().width < 4;
    if (control.matches("input") && hidden) shown = labels.find(seen) ?? null;
    if (!shown || !seen(shown)) continue;
    shown.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const { left, top, width, height } = shown.getBoundingClientRect();
    if (width === 0 || top + height < 0) continue; // what skips the navigation waits outside, for the keyboard
    const x = left + width / 2, y = top + height / 2;
    const hit = (x, y) => {
      const at = document.elementFromPoint(x, y);
      return !!at && (shown.contains(at) || at.contains(shown) && width >= 44 && height >= 44
        || labels.some(label => label.contains(at)));
    };
    if ([[x - HALF, y], [x + HALF, y], [x, y - HALF], [x, y + HALF]].every(([x, y]) => hit(x, y))) continue;
    const name = (control.ariaLabel || control.textContent || control.name || control.outerHTML).trim().slice(0, 60);
    missed.push(`${control.tagName.toLowerCase()} "${name}" ${Math.round(width)}x${Math.round(height)}`);
  }
  return missed;
}
"""

# Fields below 16 pixels, into which iOS zooms.
SMALL_FIELDS = """
() => [...document.querySelectorAll("input, select, textarea")]
  .filter(field => !["checkbox", "radio", "hidden", "file"].includes(field.type))
  .filter(field => parseFloat(getComputedStyle(field).fontSize) < 16)
  .map(field => field.ariaLabel || field.name || field.labels?.[0]?.textContent)
"""

# Where the words of a name stand outside of what an ancestor shows.
CUT = """
word => {
  const cut = [];
  const words = document.createTreeWalker(document.querySelector("#root"), NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode;
    if (!text.data.includes(word) || text.parentElement.closest("pre, [data-map]")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const rects = [...range.getClientRects()];
    for (let box = text.parentElement; box; box = box.parentElement) {
      if (getComputedStyle(box).overflowX === "visible") continue;
      const { left, right, top, bottom } = box.getBoundingClientRect();
      const outside = one =>
        one.left < left - 1 || one.right > right + 1 || one.top < top - 1 || one.bottom > bottom + 1;
      if (rects.some(outside))
        cut.push(`${text.data} in ${box.tagName} ${box.className}`);
    }
  }
  return cut;
}
"""


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry, hub: FakeHub) -> None:
    """Two images that share a layer, one with a long name, a failure, and a download that never ends."""
    url, shared = docker_registry.url, random_layer(60_000, 660)
    push_image(url, LONG, "latest", [shared, random_layer(30_000, 661)])
    push_image(url, LONG, "3.18.4-with-a-long-tag", [shared])
    push_image(url, "acme/ears", "latest", [shared, random_layer(40_000, 662)])
    push_image(url, SLOW, "latest", [random_layer(400_000, 663)])
    for name, tag in ((LONG, "latest"), (LONG, "3.18.4-with-a-long-tag"), ("acme/ears", "latest")):
        assert service.download(name, tag)["status"] == "done"
    service.download("acme/nothing")


@pytest.fixture(autouse=True)
def under_way(content: None, hub: FakeHub, service: Service) -> None:
    hub.cdn.rules.inject(delivery.hold(hub.gate(600), at=100_000))
    service.post(f"/image/dockerhub/docker/{SLOW}/latest/download")


@pytest.fixture(autouse=True)
def healed(hub: FakeHub, service: Service) -> Iterator[None]:
    """The download is cancelled with the fault."""
    yield
    for row in service.get("/image/downloadstatus"):
        service.call("DELETE", f"/downloads/{row['id']}")
    hub.heal()


@pytest.fixture
def visit(visits: Visits) -> Visit:
    return visits(viewport=PHONE)


def stands(visit: Visit, name: str) -> Page:
    path, word = PAGES[name]
    page = visit.go(path)
    expect(page.get_by_role("main").get_by_text(word).first).to_be_visible()
    return page


def alone(page: Page) -> Page:
    """Without what lies over the page: it would take the finger."""
    page.evaluate("document.querySelectorAll('[data-tray]').forEach(tray => { tray.style.display = 'none' })")
    return page


def settled(page: Page) -> list[str]:
    """What is missed for good: lines of a list find their places only once they have been measured."""
    missed: list[str] = []
    for _ in range(20):
        missed = page.evaluate(MISSED, "body")
        if not missed:
            break
        page.wait_for_timeout(100)
    return missed


def test_a_finger_hits_every_control_of_every_page(visit: Visit) -> None:
    missed = {name: settled(alone(stands(visit, name))) for name in PAGES}
    found = {name: what for name, what in missed.items() if what}
    assert not found, "\n".join(f"{name}: {what}" for name, what in found.items())


def test_a_finger_hits_every_control_of_menus_and_dialogs(visit: Visit) -> None:
    missed: dict[str, list[str]] = {}

    def look(name: str) -> None:
        missed[name] = page.evaluate(MISSED, "#floating") + page.evaluate(SMALL_FIELDS)

    page = stands(visit, "images")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("menuitemradio", name="Light")).to_be_visible()
    look("user menu")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Actions for {LONG}").click()
    expect(page.get_by_role("menuitem", name="Remove…")).to_be_visible()
    look("menu")
    page.get_by_role("menuitem", name="Remove…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Frees")
    look("remove")
    page = stands(visit, "appcenter")
    page.get_by_role("button", name=re.compile("^Tag and platform of")).first.click()
    page.get_by_role("combobox", name="Platform").click()
    expect(page.get_by_role("option").first).to_be_visible()
    look("get")
    found = {name: what for name, what in missed.items() if what}
    assert not found, "\n".join(f"{name}: {what}" for name, what in found.items())


def test_no_field_makes_the_page_zoom(visit: Visit) -> None:
    small = {name: stands(visit, name).evaluate(SMALL_FIELDS) for name in PAGES}
    assert {name: what for name, what in small.items() if what} == {}


def test_no_name_loses_its_end(visit: Visit) -> None:
    cut = {name: stands(visit, name).evaluate(CUT, "-name-of-many-words") for name in PAGES}
    found = {name: what for name, what in cut.items() if what}
    assert not found, "\n".join(f"{name}: {what}" for name, what in found.items())
    row = stands(visit, "downloads").get_by_role("region", name="Running").get_by_role("listitem")
    expect(row).to_contain_text(re.compile(r"acme/another-name.*….*holds:latest"))


def test_rows_of_downloads_are_low(visit: Visit) -> None:
    page = stands(visit, "downloads")
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows.nth(4)).to_be_visible()
    helped = page.get_by_role("region", name="Failed").get_by_role("listitem")  # with a line of what helps
    heights = [row.bounding_box()["height"] for row in rows.all()]  # type: ignore[index]
    tall = [row.bounding_box()["height"] for row in helped.all()]  # type: ignore[index]
    assert max(height for height in heights if height not in tall) <= 96, heights
    assert max(tall) <= 96 + 52, tall


def test_every_tab_is_reached_and_the_edge_says_that_there_are_more(visit: Visit) -> None:
    for name in ("general", "appcenter", "image", "mirror"):
        page = stands(visit, name)
        tabs = page.get_by_role("main").get_by_role("navigation").first.get_by_role("list")
        more = "tabs => getComputedStyle(tabs).maskImage"
        if tabs.evaluate("tabs => tabs.scrollWidth > tabs.clientWidth + 1"):
            expect(tabs).to_have_attribute("data-more", re.compile("right"))
            assert "gradient" in tabs.evaluate(more)
        for tab in tabs.get_by_role("link").all():
            tab.scroll_into_view_if_needed()
            expect(tab).to_be_in_viewport(ratio=0.97)
        tabs.evaluate("tabs => { tabs.scrollLeft = 9999 }")
        expect(tabs).not_to_have_attribute("data-more", re.compile("right"))
    main = page.get_by_role("navigation", name="Main")
    for tab in main.get_by_role("link").all():
        expect(tab).to_be_in_viewport(ratio=0.97)
