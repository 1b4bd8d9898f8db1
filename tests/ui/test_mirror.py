"""The mirror's page: its figures, the cached images, and what happens to one that is kept or removed."""

from __future__ import annotations

import subprocess
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.fakes.message import Gate
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits
from tests.ui.test_access import violations
from tests.ui.visit import PHONE, Visit


def pull(service: Service, name: str, folder: str) -> None:
    """What a client does: the image, with all of its layers, through the mirror."""
    source = f"docker://{urlsplit(service.url).netloc}/{name}"
    command = ["skopeo", "copy", "--src-tls-verify=false", source, f"dir:{folder}"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module", autouse=True)
def content(
    service: Service, hub: FakeHub, docker_registry: DockerRegistry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    require("skopeo")
    for number, name in enumerate(("acme/kept", "acme/dropped", "acme/looked")):
        push_image(docker_registry.url, name, "1", [random_layer(300_000, 80 + number)])
        pull(service, f"{name}:1", str(tmp_path_factory.mktemp("client")))
    pull(service, "acme/looked:1", str(tmp_path_factory.mktemp("client")))


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def test_figures_and_images_are_shown(visits: Visits) -> None:
    visit = visits(lenient=True)
    page = visit.go("/mirror")
    expect(row(page, "acme/looked:1")).to_contain_text("last used just now")
    figures = page.get_by_role("region", name="At a glance")
    for words in ("Served from here", "Saved", "To clients", "From the Internet", "of 50.0 GB"):
        expect(figures).to_contain_text(words)
    expect(page.get_by_role("main")).to_contain_text("ghcr.io")
    assert violations(page) == []


def test_a_cached_image_is_no_image_of_this_device_until_it_is_kept(visit: Visit, service: Service) -> None:
    page = visit.go("/mirror")
    assert all(each["name"] != "acme/kept" for each in service.get("/image/?from=local")["results"])
    page.get_by_role("button", name="Keep acme/kept:1").click()
    expect(page.get_by_role("status").filter(has_text="Kept on this device")).to_be_visible()
    assert any(each["name"] == "acme/kept" for each in service.get("/image/?from=local")["results"])
    page.get_by_role("link", name="Images", exact=True).first.click()
    expect(page.get_by_role("table").get_by_text("acme/kept")).to_be_visible()


def test_a_cached_image_is_removed_after_a_question(visit: Visit, service: Service) -> None:
    page = visit.go("/mirror")
    page.get_by_role("button", name="Remove acme/dropped:1 from the cache").click()
    expect(page.get_by_role("dialog")).to_contain_text("It will be fetched again when a machine pulls it")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row(page, "acme/dropped:1")).to_have_count(0)
    assert all(each["name"] != "acme/dropped" for each in service.get("/mirror/images")["results"])


def test_what_comes_for_another_machine_is_seen_on_both_pages(
    visits: Visits, service: Service, hub: FakeHub, docker_registry: DockerRegistry
) -> None:
    image = push_image(docker_registry.url, "acme/coming", "1", [random_layer(900_000, 90)])
    gate = Gate()
    hub.cdn.rules.inject(delivery.hold(gate, at=300_000))
    page = visits(lenient=True).go("/mirror")
    coming = page.get_by_role("list", name="Being fetched for other machines").get_by_role("listitem")
    expect(row(page, "acme/looked:1")).to_be_visible()
    expect(coming).to_have_count(0)
    repository = f"{service.url}/v2/acme/coming"
    with urlopen(f"{repository}/manifests/1"), urlopen(f"{repository}/blobs/{image.layers[0]}"):
        for words in ("acme/coming", "1 layer · 300 kB of 901 kB · for 127.0.0.1"):
            expect(coming).to_contain_text(words)
        expect(coming.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "33")
        assert violations(page) == []
        page.get_by_role("link", name="Downloads", exact=True).first.click()
        expect(coming).to_contain_text("300 kB of 901 kB · for 127.0.0.1")
        assert violations(page) == []
    expect(coming).to_contain_text("no machine is waiting for it any more")
    page.get_by_role("link", name="Mirror", exact=True).first.click()
    expect(coming).to_have_count(1)
    gate.open()
    expect(coming).to_have_count(0)
    expect(row(page, "acme/coming:1")).to_contain_text("901 kB")


def test_a_phone_shows_it_without_scrolling_sideways(visits: Visits) -> None:
    page = visits(viewport=PHONE, scheme="dark").go("/mirror")
    expect(row(page, "acme/looked:1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_other_tab_says_how_machines_are_set_up(visit: Visit) -> None:
    page = visit.go("/mirror")
    page.get_by_role("link", name="Use it from other machines").click()
    expect(page.get_by_role("heading", name="What runs on the other machine?")).to_be_visible()
