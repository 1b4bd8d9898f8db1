"""Finding images: App Center, official images, Docker Hub, any reference."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.service import Service
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit

EVERY_SEARCH = {Area.SEARCH_V1, Area.SEARCH_V2, Area.SEARCH_V4}


@pytest.fixture(scope="module")
def settings(docker_registry: DockerRegistry) -> dict[str, str]:
    return {"platform": "linux/amd64", "insecure_registries": docker_registry.host}


@pytest.fixture(scope="module", autouse=True)
def content(docker_registry: DockerRegistry) -> None:
    url = docker_registry.url
    push_index(url, "library/redis", "latest", ["linux/amd64", "linux/arm64"])
    push_image(url, "library/redis", "7.2", [random_layer(20_000, 70)])
    push_image(url, "library/postgres", "latest", [random_layer(20_000, 71)])
    push_image(url, "grafana/grafana", "latest", [random_layer(20_000, 72)])
    push_image(url, "lab/tool", "1.0", [random_layer(20_000, 73)])
    push_image(url, "vaultwarden/server", "latest", [random_layer(20_000, 74)])
    push_index(url, "acme/arm-only", "latest", ["linux/arm64"])


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_the_app_center_has_one_card_an_image_and_downloads_by_one_click(visit: Visit, service: Service) -> None:
    page = visit.go("/discover/appcenter")
    page.get_by_role("searchbox", name="Search images").fill("vaultwarden")
    found = card(page, "Vaultwarden")
    expect(found).to_have_count(1)
    found.get_by_role("button", name="Download Vaultwarden").click()
    installed = found.get_by_role("link", name="Installed: Vaultwarden")
    expect(installed).to_be_visible()
    installed.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("vaultwarden/server:latest")
    assert "vaultwarden/server" in service.names()


def test_categories_and_types_narrow_the_app_center(visit: Visit) -> None:
    page = visit.go("/discover/appcenter")
    shown = page.get_by_role("status").filter(has_text=re.compile(r"^\d+ images?$"))
    everything = shown.inner_text()
    category = page.get_by_role("button", name="Media", exact=True)
    category.click()
    expect(category).to_have_attribute("aria-pressed", "true")
    expect(shown).not_to_have_text(everything)
    expect(card(page, "Jellyfin")).to_be_visible()
    page.get_by_role("searchbox", name="Search images").fill("no such thing at all")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="Search Docker Hub").click()
    expect(page).to_have_url(re.compile(r"/discover/dockerhub\?q=no"))


def test_official_images_are_listed_and_downloaded(visit: Visit, service: Service) -> None:
    page = visit.go("/discover/appcenter")
    page.get_by_role("link", name="Docker Official").click()
    page.get_by_role("searchbox", name="Search images").fill("postgres")
    found = page.get_by_role("listitem").filter(has=page.get_by_text("postgres", exact=True))
    expect(found.get_by_text("Official", exact=True)).to_be_visible()
    found.get_by_role("button", name=re.compile("^Download ")).click()
    expect(found.get_by_role("link", name=re.compile("^Installed"))).to_be_visible()
    assert "postgres" in service.names()


def test_docker_hub_is_searched_as_one_types(visit: Visit, hub: FakeHub) -> None:
    page = visit.go("/discover/dockerhub")
    expect(page.get_by_role("heading", name="Type to search Docker Hub")).to_be_visible()
    page.get_by_role("searchbox", name="Search images").press_sequentially("grafana", delay=20)
    found = card(page, "grafana/grafana")
    expect(found.get_by_text("Verified publisher")).to_be_visible()
    found.get_by_role("button", name="Download grafana/grafana").click()
    expect(found.get_by_role("link", name="Installed: grafana/grafana")).to_be_visible()
    # Whoever types fast asks once, not seven times.
    asked = [one for one in visit.requests if "from=dockerhub" in one.url]
    assert len(asked) <= 3


def test_a_hub_that_does_not_answer_is_reported_in_a_sentence_with_a_way_on(visit: Visit, hub: FakeHub) -> None:
    hub.inject_into(statuses.status(503), EVERY_SEARCH)
    page = visit.go("/discover/dockerhub?q=mariadb")
    alert = page.get_by_role("alert").filter(has_text="Docker Hub")
    expect(alert).to_be_visible(timeout=30_000)
    hub.heal()
    alert.get_by_role("button", name="Try again").click()
    expect(card(page, "mariadb")).to_be_visible()


def test_tag_and_platform_are_chosen_and_what_does_not_fit_is_dimmed(visit: Visit, service: Service) -> None:
    page = visit.go("/discover/official")
    page.get_by_role("searchbox").fill("redis")
    page.get_by_role("button", name=re.compile("^Tag and platform of Redis$", re.I)).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"\d tags"))
    dialog.get_by_role("combobox", name="Platform").click()
    foreign = page.get_by_role("option", name=re.compile("linux.arm64"))
    expect(foreign).to_contain_text("not compatible")
    foreign.click()
    dialog.get_by_role("button", name="Download").click()
    expect(page.get_by_text("Download of redis:latest started")).to_be_visible()
    assert service.ended()["status"] == "done"
    local = next(row for row in service.get("/image/?from=local")["results"] if row["name"] == "redis")
    assert local["platforms"] == ["linux/arm64"]

    page.get_by_role("button", name=re.compile("^Tag and platform of Redis$", re.I)).click()
    tag = dialog.get_by_role("combobox", name="Tag")
    tag.fill("7.2")
    expect(dialog).to_contain_text("redis:7.2")
    dialog.get_by_role("button", name="Download").click()
    expect(page.get_by_text("Download of redis:7.2 started")).to_be_visible()
    assert service.ended()["tag"] == "7.2"


def test_an_image_for_another_architecture_is_warned_of_before_it_is_fetched(visit: Visit) -> None:
    page = visit.go("/discover/reference")
    page.get_by_role("searchbox", name="Search images").fill("acme/arm-only")
    page.get_by_role("button", name="Find image").click()
    dialog = page.get_by_role("dialog", name="Download acme/arm-only")
    expect(dialog.get_by_role("status")).to_contain_text("linux/amd64")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)


def test_any_reference_of_any_registry_is_taken_by_hand(
    visit: Visit, service: Service, docker_registry: DockerRegistry
) -> None:
    page = visit.go("/discover/reference")
    field = page.get_by_role("searchbox", name="Search images")
    field.fill("Lab/Tool")
    expect(page.get_by_text("Repository names are in lower case.")).to_be_visible()
    field.fill(f"{docker_registry.host}/lab/tool:1.0")
    expect(page.get_by_role("definition").filter(has_text=docker_registry.host)).to_be_visible()
    field.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 tag")
    dialog.get_by_role("button", name="Download").click()
    expect(page.get_by_text(f"Download of {docker_registry.host}/lab/tool:1.0 started")).to_be_visible()
    assert service.ended()["status"] == "done"


def test_what_is_left_of_the_rate_limit_is_reported(visit: Visit, hub: FakeHub, service: Service) -> None:
    hub.pulls.anonymous = 100
    service.download("postgres")
    page = visit.go("/discover/appcenter")
    expect(page.get_by_text(re.compile(r"\d+ of 100 Docker Hub pulls left"))).to_be_visible()


def test_a_catalog_for_other_processors_is_dimmed_and_says_why(visit: Visit, tmp_path: Path, service: Service) -> None:
    rows: list[dict[str, Any]] = [
        {
            "displayName": "Ubuntu for ARM",
            "name": "armbuild/ubuntu",
            "version": "14.04",
            "arch": "armhf",
            "type": "docker",
            "repository": "dockerhub",
            "icon": "",
            "location": "",
            "description": "",
        }
    ]
    catalog = tmp_path / "list.json"
    catalog.write_text(json.dumps(rows))
    service.post("/catalogs", {"address": str(catalog)})
    page = visit.go("/discover/appcenter")
    page.get_by_role("searchbox").fill("Ubuntu for ARM")
    expect(card(page, "Ubuntu for ARM 14.04")).to_contain_text("not compatible with this device")


def test_an_app_has_a_page_of_its_own_with_what_is_known_without_a_pull(visit: Visit, service: Service) -> None:
    service.call("DELETE", "/image/local/docker/postgres")  # which another test may have brought
    page = visit.go("/discover/appcenter")
    page.get_by_role("searchbox", name="Search images").fill("postgresql")
    card(page, "PostgreSQL").get_by_role("link", name="PostgreSQL", exact=True).click()
    expect(page).to_have_url(re.compile(r"/discover/app/docker/postgres$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("PostgreSQL")
    about = page.get_by_role("region", name="About").or_(page.locator("section", has_text="Project")).first
    expect(about).to_contain_text("relational database")
    expect(about.get_by_role("link", name=re.compile("postgresql.org"))).to_be_visible()
    expect(page.get_by_role("button", name="latest", exact=True)).to_be_visible()
    expect(page.get_by_text("Not downloaded yet.")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Download", exact=True).click()
    page.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("postgres:latest")
    page.go_back()
    expect(page.get_by_role("link", name="latest", exact=True)).to_be_visible()


def test_an_app_page_asks_the_registry_for_nothing_that_counts_as_a_pull(visit: Visit) -> None:
    page = visit.go("/discover/app/docker/redis?tag=7.2")
    expect(page.get_by_role("definition").filter(has_text="linux/amd64")).to_be_visible()
    expect(page.get_by_text("Size for this device")).to_be_visible()
    assert [path for path in visit.asked() if path.endswith("/platforms")] == []


def test_the_title_of_an_app_page_keeps_the_progress_of_downloads(
    visit: Visit, service: Service, hub: FakeHub, docker_registry: DockerRegistry
) -> None:
    push_image(docker_registry.url, "lab/large", "latest", [random_layer(600_000, 75)])
    page = visit.go()
    hub.cdn.rules.inject(delivery.slow(60_000))
    service.post("/image/dockerhub/docker/lab/large/latest/download")
    expect(page).to_have_title(re.compile(r"^\d+% · Images"))
    page.get_by_role("link", name="Discover", exact=True).click()
    page.get_by_role("searchbox", name="Search images").fill("postgresql")
    card(page, "PostgreSQL").get_by_role("link", name="PostgreSQL", exact=True).click()
    expect(page).to_have_title(re.compile(r"^\d+% · PostgreSQL · Image Depot$"))
    hub.heal()


def test_an_app_page_of_a_name_that_nobody_recommends_is_made_of_the_name(visit: Visit) -> None:
    page = visit.go("/discover/app/docker/grafana/grafana")
    expect(page.get_by_role("heading", level=1)).to_have_text("Grafana")
    page = visit.go("/discover/app/docker/lab/tool?tag=1.0")
    expect(page.get_by_role("heading", level=1)).to_have_text("lab/tool")
    expect(page.get_by_text("lab/tool:1.0")).to_be_visible()
    page = visit.go("/discover/app/lxc/no/such")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


def test_equal_categories_of_catalogs_are_one_and_empty_ones_are_hidden(
    visit: Visit, tmp_path: Path, service: Service
) -> None:
    ours = {"image": "acme/lamp", "title": "Acme Lamp", "category": "Smart Home", "arch": "amd64"}
    catalog = tmp_path / "lamps.json"
    catalog.write_text(json.dumps({"imagedepot": 1, "title": "Lamps", "images": [ours]}))
    service.post("/catalogs", {"address": str(catalog)})
    page = visit.go("/discover/appcenter")
    smart = page.get_by_role("button", name="Smart home")
    expect(smart).to_have_count(1)
    smart.click()
    expect(card(page, "Acme Lamp")).to_be_visible()
    expect(card(page, "Homebridge")).to_be_visible()
    page.get_by_text("LXC", exact=True).first.click()
    expect(page.get_by_role("button", name="Operating systems")).to_be_visible()
    expect(page.get_by_role("button", name="Media", exact=True)).to_have_count(0)
    expect(smart).to_have_attribute("aria-pressed", "true")


def test_the_order_is_chosen_and_stays_in_the_address(visit: Visit) -> None:
    page = visit.go("/discover/appcenter")
    first = page.get_by_role("main").get_by_role("listitem").get_by_role("heading").first
    expect(first).to_have_text("Jellyfin")
    page.get_by_text("A–Z", exact=True).click()
    expect(page).to_have_url(re.compile(r"sort=name$"))
    expect(first).not_to_have_text("Jellyfin")
    page.reload()
    expect(page.get_by_role("radio", name="A–Z")).to_be_checked()
    page.goto(page.url.partition("/discover")[0] + "/discover/official")
    expect(page.get_by_role("radio", name="Popular")).to_be_checked()


def test_the_best_title_comes_first_and_the_words_stay_when_the_group_changes(visit: Visit, service: Service) -> None:
    service.download("vaultwarden/server")
    page = visit.go("/discover/appcenter")
    box = page.get_by_role("searchbox", name="Search images")
    box.fill("jellyfn")
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(["Jellyfin"])
    box.fill("vaultwarden")
    expect(page).to_have_url(re.compile(r"\?q=vaultwarden$"))
    groups = page.get_by_role("navigation", name="Discover")
    groups.get_by_role("link", name="As a reference").click()
    expect(page.get_by_role("definition").filter(has_text="vaultwarden")).to_be_visible()
    groups.get_by_role("link", name="On this device").click()
    expect(box).to_have_value("vaultwarden")
    page.get_by_role("main").get_by_role("link", name=re.compile("^vaultwarden.server")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("vaultwarden/server:latest")
    page.go_back()
    expect(box).to_have_value("vaultwarden")
    page.reload()
    expect(box).to_have_value("vaultwarden")


def test_category_and_type_are_in_the_address(visit: Visit) -> None:
    page = visit.go("/discover/appcenter")
    page.get_by_role("button", name="Media", exact=True).click()
    page.get_by_text("Docker", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"category=media&type=docker$", re.I))
    page.reload()
    expect(page.get_by_role("button", name="Media", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("radio", name="Docker", exact=True)).to_be_checked()


def test_one_search_over_everything_opens_by_keys_on_any_page(visit: Visit, service: Service) -> None:
    service.download("vaultwarden/server")
    page = visit.go("/space")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog").get_by_role("textbox", name="Search images")
    expect(box).to_be_focused()
    box.fill("vaultwarden")
    found = page.get_by_role("dialog").get_by_role("button")
    expect(found.first).to_contain_text("vaultwarden/server")
    expect(page.get_by_role("dialog")).to_contain_text("Vaultwarden")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("vaultwarden/server:latest")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_slash_goes_to_the_search_and_a_question_mark_lists_the_keys(visit: Visit) -> None:
    page = visit.go("/discover/appcenter")
    expect(page.get_by_role("button", name="Media", exact=True)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search images")).to_be_focused()
    page.keyboard.type("a?b")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Search everything")
