"""Settings, catalogs and registries, changed from the web UI and in force at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.service import Service
from tests.fakes.guard import BasicGuard
from tests.fakes.registry import FaultyRegistry
from tests.ui.visit import Visit


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"bandwidth": "50MB/s"}


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True))


def value(service: Service, name: str) -> dict[str, object]:
    return next(each for each in service.get("/settings") if each["name"] == name)


def test_a_setting_is_changed_and_put_back(visit: Visit, service: Service) -> None:
    page = visit.go("/settings/general")
    field = page.get_by_role("spinbutton", name="Parallel downloads", exact=True)
    save = page.get_by_role("button", name="Save Parallel downloads", exact=True)
    expect(save).to_be_disabled()
    field.fill("5")
    field.press("Enter")
    reset = page.get_by_role("button", name="Reset Parallel downloads to the default", exact=True)
    expect(reset).to_be_visible()
    assert value(service, "IMAGEDEPOT_MAX_DOWNLOADS")["value"] == "5"
    reset.click()
    expect(field).to_have_value("3")
    assert value(service, "IMAGEDEPOT_MAX_DOWNLOADS")["source"] == "default"


def test_a_number_beyond_its_bounds_is_refused_at_its_field_and_asks_nobody(visit: Visit, service: Service) -> None:
    page = visit.go("/settings/general")
    field = page.get_by_role("spinbutton", name="Parallel downloads", exact=True)
    expect(field).to_have_attribute("min", "1")
    expect(field).to_have_attribute("max", "64")
    field.fill("65")
    field.press("Enter")
    expect(row(page, "Parallel downloads").get_by_role("alert")).to_have_text("Enter a whole number from 1 to 64.")
    expect(field).to_have_accessible_description("Enter a whole number from 1 to 64.")
    expect(field).to_have_value("65")
    assert not visit.asked()["PUT /api/v1/settings/IMAGEDEPOT_MAX_DOWNLOADS"]
    field.fill("64")
    expect(row(page, "Parallel downloads").get_by_role("alert")).to_have_count(0)
    assert value(service, "IMAGEDEPOT_MAX_DOWNLOADS")["value"] == "3"


def test_a_refusal_of_the_service_stands_at_the_field_and_leaves_the_text_to_be_mended(
    visit: Visit, service: Service
) -> None:
    page = visit.go("/settings/general")
    field = page.get_by_role("textbox", name="Space for cached images")
    field.fill("plenty")
    page.get_by_role("button", name="Save Space for cached images").click()
    said = row(page, "Space for cached images").get_by_role("alert")
    expect(said).to_have_text("Not an amount such as 50GB (or 0).")
    expect(page.get_by_role("alert").filter(has_text="IMAGEDEPOT_")).to_have_count(0)
    expect(field).to_have_value("plenty")
    assert value(service, "IMAGEDEPOT_MIRROR_SPACE")["value"] == "50GB"
    field.fill("40GB")
    expect(said).to_have_count(0)
    field.press("Enter")
    expect(page.get_by_role("button", name="Reset Space for cached images to the default")).to_be_visible()
    assert value(service, "IMAGEDEPOT_MIRROR_SPACE")["value"] == "40GB"


def test_a_refusal_that_comes_while_the_text_is_changed_again_is_not_lost(visit: Visit) -> None:
    page = visit.go("/settings/general")
    field = page.get_by_role("textbox", name="Space for cached images")

    def change_again(route: Route) -> None:
        field.press("Backspace")
        route.continue_()

    page.route("**/settings/IMAGEDEPOT_MIRROR_SPACE", change_again)
    field.fill("plenty")
    field.press("Enter")
    expect(row(page, "Space for cached images").get_by_role("alert")).to_have_text("Not an amount such as 50GB (or 0).")
    expect(field).to_have_value("plent")


def test_a_switch_and_a_choice_count_at_once(visit: Visit, service: Service) -> None:
    page = visit.go("/settings/general")
    page.get_by_role("switch", name="Keep a copy").click(force=True)
    expect(page.get_by_role("switch", name="Keep a copy")).to_be_checked()
    page.get_by_role("combobox", name="Log level").click()
    page.get_by_role("option", name="debug").click()
    expect(page.get_by_role("button", name="Reset Log level to the default")).to_be_visible()
    assert value(service, "IMAGEDEPOT_KEEP_BLOBS")["value"] == "yes"
    assert value(service, "IMAGEDEPOT_LOG_LEVEL")["value"] == "debug"


def test_what_the_environment_sets_is_read_only_and_says_why(visit: Visit) -> None:
    page = visit.go("/settings/general")
    bandwidth = row(page, "Bandwidth")
    expect(bandwidth).to_contain_text("50MB/s")
    expect(bandwidth).to_contain_text("Set by an environment variable")
    expect(bandwidth.get_by_role("img", name="Read-only here")).to_be_visible()
    expect(bandwidth.get_by_role("textbox")).to_have_count(0)
    expect(row(page, "Address and port")).to_contain_text("127.0.0.1")


def test_a_catalog_is_added_feeds_the_app_center_and_is_removed(visit: Visit, tmp_path: Path) -> None:
    catalog = tmp_path / "ours.json"
    images = [{"image": "acme/weather-station", "title": "Weather Station", "arch": "amd64"}]
    catalog.write_text(json.dumps({"imagedepot": 1, "title": "Ours", "images": images}))
    page = visit.go("/settings/catalogs")
    expect(row(page, "Built-in catalog")).to_be_visible()
    page.get_by_role("textbox", name="Address").fill(str(catalog))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(row(page, "Ours")).to_contain_text("1 entry")
    page.get_by_role("button", name="Refresh all").click()
    expect(page.get_by_text("Catalogs refreshed")).to_be_visible()
    page.get_by_role("link", name="Discover").click()
    page.get_by_role("searchbox").fill("weather")
    expect(page.get_by_role("heading", name="Weather Station")).to_be_visible()

    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Catalogs").click()
    page.get_by_role("button", name="Remove Ours").click()
    page.get_by_role("dialog", name="Remove Ours?").get_by_role("button", name="Remove").click()
    expect(row(page, "Ours")).to_have_count(0)
    page.get_by_role("link", name="Discover").click()
    page.get_by_role("searchbox").fill("weather")
    expect(page.get_by_role("heading", name="Weather Station")).to_have_count(0)


def test_an_address_that_is_no_catalog_is_refused_in_a_sentence(visit: Visit, tmp_path: Path) -> None:
    page = visit.go("/settings/catalogs")
    page.get_by_role("textbox", name="Address").fill(str(tmp_path / "nothing.json"))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="nothing.json")).to_be_visible()
    expect(page.get_by_role("textbox", name="Address")).to_have_value(str(tmp_path / "nothing.json"))


def test_a_registry_login_is_checked_kept_and_ended(visit: Visit, faulty_registry: FaultyRegistry) -> None:
    faulty_registry.guard = BasicGuard({"ada": "lovelace"})
    host = faulty_registry.url.removeprefix("http://")
    page = visit.go("/settings/registries")
    expect(page.get_by_text("No registries")).to_be_visible()
    page.get_by_role("textbox", name="Registry").fill(host)
    page.get_by_role("textbox", name="User name").fill("ada")
    page.get_by_label("Password or access token").fill("wrong")
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("alert").filter(has_text=host)).to_be_visible()
    page.get_by_label("Password or access token").fill("lovelace")
    page.get_by_role("button", name="Check and save").click()
    expect(row(page, host)).to_contain_text("ada")
    expect(page.get_by_label("Password or access token")).to_have_value("")
    page.get_by_role("button", name=f"Sign out of {host}").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(row(page, host)).to_have_count(0)


def test_stores_in_use_are_reported(visit: Visit) -> None:
    page = visit.go("/settings/stores")
    own = page.get_by_role("listitem").filter(has_text="Image Depot's own store")
    expect(own).to_have_count(2)
    expect(own.first).to_contain_text("Available")


def test_a_word_that_is_no_section_leads_back(visit: Visit) -> None:
    page = visit.go("/settings/kitchen")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page = visit.go("/settings")
    expect(page).to_have_url(re.compile("/settings/general$"))
