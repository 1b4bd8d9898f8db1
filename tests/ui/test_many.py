"""A list of 3,000 images: only what is in view is in the document, and scrolling shows the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until
from tests.ui.conftest import start
from tests.ui.renders import count_renders, taken
from tests.ui.visit import Visit

MANY = 3000
REF_NAME = "org.opencontainers.image.ref.name"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, hub: FakeHub, docker_registry: DockerRegistry
) -> Iterator[Service]:
    """One image under 3,000 names: files are the truth, so the names are written into the layout's index."""
    push_image(docker_registry.url, "many/first", "latest", [random_layer(10_000, 250)])
    running = start(tmp_path_factory.mktemp("ui"), hub)
    with running:
        assert running.download("many/first")["status"] == "done"
        running.stop()
        index = next(Path(running.data).rglob("index.json"))
        layout = json.loads(index.read_text())
        [entry] = layout["manifests"]
        layout["manifests"] = [
            {**entry, "annotations": {**entry["annotations"], REF_NAME: f"docker.io/many/image-{number:04}:latest"}}
            for number in range(MANY)
        ]
        index.write_text(json.dumps(layout))
        running.start()
        yield running


def test_few_lines_are_in_the_document_and_scrolling_reaches_the_last(visit: Visit) -> None:
    page = visit.go()
    expect(page.get_by_text("3,000 images · 3,000 tags")).to_be_visible()
    table = page.get_by_role("table", name="Images on this device")
    expect(table).to_have_attribute("aria-rowcount", str(MANY + 1))
    lines = table.get_by_role("row")
    assert lines.count() < 60
    expect(page.get_by_role("link", name="many/image-0000")).to_be_visible()
    page.keyboard.press("End")
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.get_by_role("link", name="many/image-2999")).to_be_visible()
    assert lines.count() < 60


def test_scrolling_draws_each_line_once_as_it_comes_into_view(visit: Visit) -> None:
    """What makes a list stutter: drawing again what is there, or what nobody looks at. Counted, not timed."""
    page = visit.go()
    first = page.get_by_role("link", name="many/image-0000")
    expect(first).to_be_visible()
    page.evaluate(
        """() => {
            window.drawn = new Map();
            const lines = node => node.nodeType === 1 ? [node, ...node.querySelectorAll("*")] : [];
            new MutationObserver(changes => {
                for (const { addedNodes } of changes)
                    for (const node of addedNodes)
                        for (const line of lines(node))
                            if (line.getAttribute("role") === "row")
                                window.drawn.set(line.ariaRowIndex, (window.drawn.get(line.ariaRowIndex) ?? 0) + 1);
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    for number in range(10, 200, 10):
        page.get_by_role("link", name=f"many/image-{number:04}").scroll_into_view_if_needed()
    drawn = page.evaluate("Object.fromEntries(window.drawn)")
    assert drawn.keys() >= {str(line) for line in range(60, 190)}, sorted(drawn)
    assert set(drawn.values()) == {1}, drawn
    assert len(drawn) < 260, len(drawn)


def test_a_step_of_the_wheel_draws_few_lines_makes_no_formatter_and_leaves_the_heads_in_view(visit: Visit) -> None:
    count_renders(visit.page)
    page = visit.go()
    expect(page.get_by_role("link", name="many/image-0000")).to_be_visible()
    heads = page.get_by_role("columnheader", name="Name")
    page.mouse.move(600, 400)
    for step in range(1, 6):
        taken(page)
        page.mouse.wheel(0, 300)
        wait_until(lambda step=step: page.evaluate("window.scrollY") >= 300 * step - 60)  # type: ignore[misc]
        drawn, formatters = taken(page)
        assert sum(times for name, times in drawn.items() if name.startswith("line ")) <= 12, drawn
        assert formatters == 0
    expect(heads).to_be_in_viewport()


def test_updates_of_all_lines_are_one_request(visit: Visit) -> None:
    page = visit.go()
    expect(page.get_by_role("link", name="many/image-0000")).to_be_visible()
    for _ in range(30):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(20)
    assert sum(count for path, count in visit.asked().items() if path.endswith("/update")) == 0
    assert visit.asked()["GET /api/v1/updates"] == 1


def test_filtering_all_of_them_asks_for_no_list_again_and_narrows_the_selection(visit: Visit) -> None:
    page = visit.go()
    expect(page.get_by_role("link", name="many/image-0000")).to_be_visible()
    lists = visit.asked()["GET /api/v1/image/"]
    assert lists > 0
    page.get_by_role("searchbox", name="Filter images").fill("image-2718")
    expect(page.get_by_role("link", name=re.compile("many/image-".replace("/", r"\/")))).to_have_count(1)
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_role("region", name="1 selected")).to_be_visible()
    assert visit.asked()["GET /api/v1/image/"] == lists
