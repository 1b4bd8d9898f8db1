"""The list of images and what can be done from it, with real images of both types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cli.commands.test_load import docker_archive
from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.fakes.image_server import ImageServer
from tests.fakes.web import WebServer
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.stores.lxc_shapes import shapes
from tests.ui.visit import Visit

BASE = random_layer(300_000, 50)


@pytest.fixture(scope="module")
def image_server() -> Iterator[ImageServer]:
    with WebServer() as server:
        images = ImageServer(server)
        metadata, root = shapes()["split"]
        images.publish("debian/bookworm", "amd64", incus=metadata, rootxz=root)
        yield images


@pytest.fixture(scope="module")
def settings(image_server: ImageServer) -> dict[str, str]:
    return {"catalogs": f"builtin,{image_server.url}", "platform": "linux/amd64"}


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    """redis in two tags on a shared layer, two images of their own, an LXC image."""
    for tag, size in (("7", 100_000), ("latest", 200_000)):
        push_image(docker_registry.url, "library/redis", tag, [BASE, random_layer(size, 51)])
    for name in ("alpha", "beta", "gamma", "delta"):
        push_image(docker_registry.url, f"acme/{name}", "1.0", [random_layer(150_000, len(name))])
    for name, tag in (("redis", "7"), ("redis", "latest"), ("acme/alpha", "1.0"), ("acme/beta", "1.0")):
        assert service.download(name, tag)["status"] == "done"
    assert service.download("debian/bookworm", depot="appcenter", kind="lxc")["status"] == "done"


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_row_tells_name_tags_type_size_platform_and_age(visit: Visit) -> None:
    redis = row(visit.go(), "redis")
    for words in ("latest", "7", "Docker", re.compile(r"902\skB|90\d\skB"), "linux/amd64", "2 years ago"):
        expect(redis).to_contain_text(words)
    lxc = row(visit.page, "debian/bookworm")
    expect(lxc).to_contain_text("LXC")


def test_typing_filters_and_the_switch_keeps_one_type(visit: Visit) -> None:
    page = visit.go()
    expect(row(page, "redis")).to_be_visible()
    page.get_by_role("searchbox", name="Filter images").fill("bet")
    expect(row(page, "redis")).to_have_count(0)
    expect(row(page, "acme/beta")).to_be_visible()
    page.get_by_role("searchbox", name="Filter images").fill("")
    page.get_by_text("LXC", exact=True).first.click()
    expect(row(page, "debian/bookworm")).to_be_visible()
    expect(row(page, "redis")).to_have_count(0)
    page.get_by_role("searchbox", name="Filter images").fill("redis")
    expect(page.get_by_role("heading", name="No image matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(row(page, "redis")).to_be_visible()


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it_round(visit: Visit) -> None:
    page = visit.go()
    names = page.locator("[role=row] [role=cell]:nth-child(2) a")
    expect(names.first).to_have_text("acme/alpha")
    heading = page.get_by_role("columnheader", name="Name")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(names.first).to_have_text("redis")


def test_what_is_up_to_date_is_checked_without_a_pull(visit: Visit, service: Service, hub: FakeHub) -> None:
    page = visit.go()
    expect(row(page, "acme/alpha")).to_be_visible()
    before = hub.requests.count("*/manifests/*", "GET")
    page.get_by_role("button", name="Actions for acme/alpha").click()
    page.get_by_role("menuitem", name="Check for updates").click()
    expect(page.get_by_role("status").filter(has_text="acme/alpha: up to date")).to_be_visible()
    assert hub.requests.count("*/manifests/*", "GET") == before


def test_the_reference_is_copied(visit: Visit) -> None:
    page = visit.go()
    page.get_by_role("button", name="Actions for redis").click()
    page.get_by_role("menuitem", name="Copy reference").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "redis:latest"


def test_a_removal_tells_what_it_frees_and_frees_what_nothing_else_uses(visit: Visit, service: Service) -> None:
    page = visit.go("/images/docker/redis/7")
    page.get_by_role("button", name="Remove…").click()
    dialog = page.get_by_role("dialog", name="Remove this image?")
    expect(dialog).to_contain_text("redis:7")
    expect(dialog).to_contain_text(re.compile(r"Frees 10\d\skB on this device"))
    expect(dialog).to_contain_text(re.compile(r"300\skB stays: other images use the same layers"))
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    used = service.get("/space")["used"]
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()
    expect(row(page, "redis")).not_to_contain_text("7 ")
    assert 99_000 < used - service.get("/space")["used"] < 110_000


def test_cancelling_removes_nothing(visit: Visit, service: Service) -> None:
    page = visit.go()
    page.get_by_role("button", name="Actions for acme/alpha").click()
    page.get_by_role("menuitem", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "acme/alpha" in service.names()


def test_several_are_removed_at_once(visit: Visit, service: Service) -> None:
    for name in ("acme/gamma", "acme/delta"):
        service.download(name, "1.0")
    page = visit.go()
    page.get_by_role("checkbox", name="Select acme/gamma").check()
    page.get_by_role("checkbox", name="Select acme/delta").check()
    bar = page.get_by_role("region", name="2 selected")
    bar.get_by_role("button", name="Remove selected").click()
    dialog = page.get_by_role("dialog", name="Remove 2 images?")
    expect(dialog).to_contain_text("acme/gamma:1.0")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("2 images removed")).to_be_visible()
    expect(row(page, "acme/gamma")).to_have_count(0)
    expect(bar).to_have_count(0)
    assert {"acme/gamma", "acme/delta"}.isdisjoint(service.names())


def test_several_are_checked_at_once(visit: Visit) -> None:
    page = visit.go()
    page.get_by_role("checkbox", name="Select acme/alpha").check()
    page.get_by_role("checkbox", name="Select acme/beta").check()
    page.get_by_role("button", name="Check for updates").click()
    expect(page.get_by_role("status").filter(has_text="2 images: up to date")).to_be_visible()


def test_an_lxc_image_says_how_to_make_a_container_of_it(visit: Visit) -> None:
    page = visit.go("/images/lxc/debian/bookworm/latest")
    line = page.get_by_role("region", name="How to run it")
    expect(line).to_contain_text("lxc-create -n debian-bookworm -t local --")
    expect(line).to_contain_text("--metadata")
    expect(page.get_by_text("Yes", exact=True)).to_be_visible()  # verified: the server gave checksums
    # It has one version, and its distribution is no system: a container's is Linux.
    expect(page.get_by_role("link", name="Tags", exact=True)).to_have_count(0)
    expect(page.get_by_text(re.compile("^linux/"))).to_have_count(2)


def test_what_the_command_line_does_shows_at_once(visit: Visit, service: Service) -> None:
    page = visit.go()
    expect(row(page, "acme/beta")).to_be_visible()
    service.command("remove", "acme/beta:1.0")
    expect(row(page, "acme/beta")).to_have_count(0)


def test_an_archive_is_uploaded_and_its_image_appears(visit: Visit, tmp_path: Path) -> None:
    page = visit.go()
    archive = docker_archive(tmp_path / "mine.tar", random_layer(400_000, 53), tags=("team/mine:3",))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload an archive").click()
    chooser.value.set_files(archive)
    expect(page.get_by_text("1 image is being loaded: follow it in Downloads")).to_be_visible()
    expect(row(page, "team/mine")).to_be_visible()


def test_a_file_that_is_no_archive_says_what_is_wrong(visit: Visit, tmp_path: Path) -> None:
    page = visit.go()
    text = tmp_path / "notes.tar"
    text.write_text("nothing of the kind" * 100)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload an archive").click()
    chooser.value.set_files(text)
    alert = page.get_by_role("alert").filter(has_text="notes.tar")
    expect(alert).to_contain_text("notes.tar was not loaded")
    expect(alert).to_contain_text("Not a tar file, or a damaged one")
    expect(page.get_by_role("button", name="Upload an archive")).to_be_visible()


def test_filter_type_sort_and_updates_survive_a_reload_and_back(visit: Visit) -> None:
    page = visit.go()
    names = page.locator("[role=row] [role=cell]:nth-child(2) a")
    box = page.get_by_role("searchbox", name="Filter images")
    heading = page.get_by_role("columnheader", name="Name")
    updates = page.get_by_role("button", name=re.compile(r"^Updates \("))
    box.fill("acme/")
    expect(page).to_have_url(re.compile(r"/\?q=acme%2F$"))
    page.get_by_role("radiogroup", name="Type").get_by_text("Docker").click()
    heading.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/\?q=acme%2F&type=docker&sort=name-reversed$"))
    page.get_by_role("checkbox", name="Select acme/alpha").check()

    def as_it_was() -> None:
        expect(box).to_have_value("acme/")
        expect(page.get_by_role("radio", name="Docker")).to_be_checked()
        expect(heading).to_have_attribute("aria-sort", "descending")
        expect(names.last).to_have_text("acme/alpha")

    names.last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("acme/alpha:1.0")
    page.go_back()
    as_it_was()
    expect(page.get_by_role("checkbox", name="Select acme/alpha")).to_be_checked()
    page.reload()
    as_it_was()
    updates.click()
    expect(updates).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(updates).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Clear the filter").click()
    expect(updates).to_have_attribute("aria-pressed", "false")
    expect(box).to_have_value("")
