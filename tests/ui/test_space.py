"""What takes the space, what a clean-up frees, and whether everything is still whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import Pushed, push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until
from tests.ui.visit import Visit

SHARED = random_layer(500_000, 150)


@pytest.fixture(scope="module")
def large(docker_registry: DockerRegistry) -> Pushed:
    return push_image(docker_registry.url, "space/large", "latest", [SHARED, random_layer(1_500_000, 151)])


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry, large: Pushed) -> None:
    push_image(docker_registry.url, "space/small", "latest", [SHARED, random_layer(200_000, 152)])
    push_image(docker_registry.url, "space/broken", "latest", [random_layer(700_000, 153)])
    for name in ("space/large", "space/small"):
        service.download(name)


def test_the_map_shows_images_and_what_they_share_by_size(visit: Visit) -> None:
    page = visit.go("/space")
    largest = page.get_by_role("link", name=re.compile(r"^space\/large:latest 1\.5\sMB$"))
    smallest = page.get_by_role("link", name=re.compile(r"^space\/small:latest 20\d\skB$"))
    shared = page.get_by_role("img", name=re.compile(r"^Shared layers 500\skB$"))
    areas = []
    for block in (largest, shared, smallest):
        expect(block).to_be_visible()
        box = block.bounding_box()
        assert box
        areas.append(box["width"] * box["height"])
    assert areas[0] > 2 * areas[1] > 2 * areas[2]
    largest.click()
    expect(page.get_by_role("link", name="Layers")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("heading", level=1)).to_have_text("space/large:latest")


def test_the_map_waits_for_no_frame(visit: Visit) -> None:
    """A page in the background, or on a busy machine, may get none."""
    visit.page.add_init_script("window.requestAnimationFrame = () => 0")
    page = visit.go("/space")
    expect(page.get_by_role("link", name=re.compile(r"^space\/large:latest 1\.5\sMB$"))).to_be_visible()


def test_the_same_stands_there_in_figures(visit: Visit) -> None:
    page = visit.go("/space")
    row = page.get_by_role("row").filter(has_text="space/large:latest")
    for words in (re.compile(r"1\.5\sMB"), re.compile(r"500\skB"), re.compile(r"2\.0\sMB")):
        expect(row).to_contain_text(words)
    expect(page.get_by_role("img", name=re.compile(r"^Images use .* is free$"))).to_be_visible()


def test_what_is_kept_free_is_not_part_of_what_is_free(visit: Visit) -> None:
    page = visit.go("/space")
    kept = page.get_by_role("main").locator("dl > div").filter(has_text="Kept free")
    expect(kept).to_contain_text(re.compile(r"268\sMB"))


def test_an_image_is_removed_from_the_list_of_what_frees_most(
    visit: Visit, service: Service, docker_registry: DockerRegistry
) -> None:
    push_image(docker_registry.url, "space/most", "latest", [random_layer(3_000_000, 154)])
    service.download("space/most")
    page = visit.go("/space")
    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("space/most:latest")
    rows.nth(1).get_by_role("button", name="Remove space/most:latest").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(rows.filter(has_text="space/most:latest")).to_have_count(0)
    assert "space/most" not in service.names()


def test_a_clean_up_frees_what_belongs_to_no_image(visit: Visit, service: Service, hub: FakeHub) -> None:
    gate = hub.gate()
    hub.cdn.rules.inject(delivery.hold(gate, at=400_000))
    service.post("/image/dockerhub/docker/space/broken/latest/download")
    gate.wait_reached()
    identity = service.get("/image/downloadstatus")[0]["id"]
    wait_until(lambda: service.get(f"/downloads/{identity}")["bytes"] >= 300_000)
    service.call("DELETE", f"/downloads/{identity}")
    wait_until(lambda: service.get("/image/downloadstatus") == [])
    page = visit.go("/space")  # the cancelled download stays in its list
    expect(page.get_by_text(re.compile(r"kB can be freed \(\d leftover files?\)"))).to_be_visible()
    page.get_by_role("button", name="Clean up").click()
    expect(page.get_by_text(re.compile(r"Clean-up freed \d+\skB"))).to_be_visible()
    expect(page.get_by_text("Nothing to clean up")).to_be_visible()
    assert service.get("/space")["reclaimable"]["bytes"] == 0


def test_damage_is_found_named_and_repaired(visit: Visit, service: Service, large: Pushed) -> None:
    page = visit.go("/space")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_text(re.compile(r"files .* checked, all intact\."))).to_be_visible()

    blob = next(Path(service.data).rglob(large.layers[1].hex))
    content = bytearray(blob.read_bytes())
    content[1000] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(content)
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_text("1 file is damaged")).to_be_visible()
    problem = page.get_by_role("listitem").filter(has_text=large.layers[1].hex[:20])
    expect(problem).to_contain_text("space/large:latest")
    page.get_by_role("button", name="Verify and repair").click()
    expect(problem).to_contain_text("(repaired)")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_text(re.compile(r"files .* checked, all intact\."))).to_be_visible()
