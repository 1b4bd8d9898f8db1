"""German beside English: chosen by the browser or in the menu, whole on every page, free for who reads English."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits
from tests.ui.test_access import NARROWEST, violations
from tests.ui.visit import LAPTOP, PHONE, Visit

# Address, and a word by which the page is known to stand.
PAGES = {
    "images": ("/", "acme/wort"),
    "image": ("/images/docker/acme/wort/latest", "So wird es gestartet"),
    "layers": ("/images/docker/acme/wort/latest?view=layers", "nicht mit anderen Images geteilt"),
    "tags": ("/images/docker/acme/wort/latest?view=tags", "Auf diesem Gerät"),
    "appcenter": ("/discover/appcenter", "Herunterladen"),
    "dockerhub": ("/discover/dockerhub", "Docker Hub durchsuchen"),
    "reference": ("/discover/reference?q=quay.io/acme/app", "Image suchen"),
    "downloads": ("/downloads", "Fehlgeschlagen"),
    "space": ("/space", "Was den Platz belegt"),
    "mirror": ("/mirror", "Der Cache ist noch leer"),
    "machines": ("/mirror/machines", "Konfiguration schreiben"),
    "general": ("/settings/general", "Parallele Downloads"),
    "users": ("/settings/users", "Benutzer hinzufügen"),
    "tokens": ("/settings/tokens", "Zugriffstoken gehören Benutzern"),
    "catalogs": ("/settings/catalogs", "In Image Depot enthalten"),
    "registries": ("/settings/registries", "Bei einer Registry anmelden"),
    "notifications": ("/settings/notifications", "Kanal hinzufügen"),
    "stores": ("/settings/stores", "Eigener Speicher"),
    "nowhere": ("/nowhere", "Seite nicht gefunden"),
}
MOST_BYTES = 300_000


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry, hub: FakeHub) -> None:
    push_image(docker_registry.url, "acme/wort", "latest", [random_layer(1_260_000, 760)])
    service.download("acme/wort")
    service.download("acme/nothing")


def stands(visit: Visit, name: str) -> Page:
    path, word = PAGES[name]
    page = visit.go(path)
    expect(page.get_by_role("main").get_by_text(word).first).to_be_visible()
    return page


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_page_is_german_for_a_german_browser_and_axe_finds_nothing(
    visits: Visits, viewport: ViewportSize
) -> None:
    visit = visits(locale="de-AT", viewport=viewport, lenient=True)
    found = {}
    for name in PAGES:
        page = stands(visit, name)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        found[name] = violations(page)
    assert {name: what for name, what in found.items() if what} == {}


def test_no_german_word_makes_a_page_wider_or_leaves_its_button(visits: Visits) -> None:
    visit = visits(locale="de-DE", viewport=NARROWEST)
    wide = []
    for name in PAGES:
        page = stands(visit, name)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)
        wide += page.evaluate(
            """() => [...document.querySelectorAll("button, nav[aria-label=Hauptmenü] a")]
                .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
                .map(one => one.textContent || one.ariaLabel)"""
        )
    assert wide == []


def test_numbers_dates_and_failures_are_german(visits: Visits, service: Service) -> None:
    page = stands(visits(locale="de-DE"), "images")
    expect(page.get_by_text(re.compile(r"^1,3\sMB$")).first).to_be_visible()
    expect(page.get_by_text("1 Image · 1 Tag")).to_be_visible()
    page.goto(f"{service.url}/downloads")
    row = page.get_by_role("listitem").filter(has_text="acme/nothing")
    expect(row).to_contain_text("Dort gibt es das nicht, oder nur nach einer Anmeldung.")
    expect(row).to_contain_text(re.compile("gerade eben|vor .* Minute"))


def test_the_choice_in_the_menu_wins_over_the_browser_and_stays(visits: Visits) -> None:
    page = visits(locale="de-DE").go()
    expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()
    page.get_by_role("button", name="Mehr", exact=True).click()
    expect(page.get_by_role("menuitemradio", name="Deutsch")).to_be_checked()
    page.get_by_role("menuitemradio", name="English").click()
    expect(page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitemradio", name="Deutsch").click()
    expect(page.get_by_role("link", name="Entdecken", exact=True)).to_be_visible()


def test_a_language_that_is_not_there_is_english(visits: Visits) -> None:
    page = visits(locale="fr-FR").go()
    expect(page.get_by_role("link", name="Discover", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(("locale", "word"), [("en-US", "Filter images"), ("de-DE", "Images filtern")])
def test_a_first_visit_is_small_in_either_language(visits: Visits, locale: str, word: str) -> None:
    visit = visits(locale=locale)
    page = visit.go()
    expect(page.get_by_role("searchbox", name=word)).to_be_visible()
    sizes = page.evaluate(
        """() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
            .filter(one => !/\\.(svg|png)$|\\/api\\//.test(one.name)).map(one => [one.name, one.encodedBodySize])"""
    )
    assert sum(size for _, size in sizes) <= MOST_BYTES, sizes
    german = [name for name, _ in sizes if re.search(r"/de-[^/]+\.js$", name)]
    assert len(german) == (locale == "de-DE")


def test_english_stays_where_german_does_not_come(visits: Visits) -> None:
    visit = visits(locale="de-DE")
    visit.page.route(re.compile(r"/de-[^/]+\.js$"), lambda route: route.abort())
    page = visit.go()
    expect(page.get_by_role("link", name="Discover", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
