"""A first-time user with no page of documentation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.conftest import Visits


@pytest.fixture(autouse=True)
def jellyfin(docker_registry: DockerRegistry) -> None:
    described: dict[str, object] = {"ExposedPorts": {"8096/tcp": {}}, "Volumes": {"/config": {}, "/cache": {}}}
    layers = [random_layer(900_000, 1), random_layer(400_000, 2)]
    push_image(docker_registry.url, "jellyfin/jellyfin", "latest", layers, config=described)


def test_jellyfin_is_found_downloaded_seen_to_arrive_measured_and_removed(visits: Visits, hub: FakeHub) -> None:
    page = visits(welcomed=False).go()
    # The first page says what this is, and lets one start at once.
    expect(page.get_by_role("heading", name="Welcome to Image Depot")).to_be_visible()
    page.get_by_role("button", name="Skip for now").click()

    # The App Center is where one lands; Jellyfin is found by typing its name.
    expect(page).to_have_url(re.compile("/discover/appcenter$"))
    page.get_by_role("searchbox", name="Search images").fill("jellyfin")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Jellyfin", exact=True))

    # One click downloads it; a bar shows that it comes, here and in the tray.
    gate = hub.gate()
    hub.cdn.rules.inject(delivery.hold(gate, at=200_000))
    card.get_by_role("button", name="Download Jellyfin").click()
    gate.wait_reached()
    expect(card.get_by_role("progressbar")).to_be_visible()
    tray = page.get_by_role("complementary", name="Running downloads")
    expect(tray).to_contain_text("jellyfin/jellyfin:latest")

    # The tray leads to all that is under way, where it is seen to arrive.
    page.get_by_role("link", name=re.compile("^Downloads")).click()
    expect(page.get_by_role("progressbar", name="Progress of jellyfin/jellyfin:latest")).to_be_visible()
    gate.open()
    ended = page.get_by_role("region", name="Finished")
    expect(ended).to_contain_text("Done")

    # What takes the space: it does, all 1.3 MB.
    page.get_by_role("link", name="Space", exact=True).click()
    block = page.get_by_role("link", name=re.compile(r"^jellyfin\/jellyfin:latest 1\.3\sMB$"))
    expect(block).to_be_visible()

    # It is on the list of images, and goes again after a question that says what that frees.
    page.get_by_role("link", name="Images", exact=True).click()
    page.get_by_role("button", name="Actions for jellyfin/jellyfin").click()
    page.get_by_role("menuitem", name="Remove…").click()
    dialog = page.get_by_role("dialog", name="Remove this image?")
    expect(dialog).to_contain_text("jellyfin/jellyfin:latest")
    expect(dialog).to_contain_text(re.compile(r"Frees 1\.3\sMB"))
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
    assert hub.cdn.requests.count("*") > 0
