"""What a hostile catalog and a hostile registry say: it leaves no trace but text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import Service
from tests.fakes import statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_data import community
from tests.fakes.web import WebServer
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import Visit

ATTACK = (
    '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script><svg/onload=window.pwned=1>'
    "<a href='javascript:window.pwned=1'>here</a><style>*{display:none}</style>"
)
MARKS = "\u202e\u2066\u200b\u200f\ufeff\u0007\u001b[31m"
FLOOD = "W" * 100_000
EVIL = ATTACK + MARKS + FLOOD
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.pwned=1</script><rect onload="window.pwned=1"/></svg>'
FORBIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(scope="module")
def icons() -> Iterator[WebServer]:
    with WebServer() as server:
        server.put("/evil.svg", SVG)
        server.put("/evil.png", b"<html><script>window.pwned=1</script>")
        yield server


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, icons: WebServer) -> dict[str, str]:
    catalog = tmp_path_factory.mktemp("catalog") / "list.json"
    shared = {"version": "latest", "arch": "amd64", "type": "docker", "repository": "dockerhub"}
    addresses = ["javascript:window.pwned=1", "data:text/html,<script>1</script>", f"{icons.url}/evil.svg"]
    rows = [
        {
            **shared,
            "displayName": f"Evil {number} {EVIL}",
            "name": f"evil/image{number}",
            "icon": address,
            "location": address,
            "description": EVIL,
        }
        for number, address in enumerate([*addresses, f"{icons.url}/evil.png"])
    ]
    catalog.write_text(json.dumps(rows))
    return {"catalogs": str(catalog), "platform": "linux/amd64"}


@pytest.fixture(scope="module", autouse=True)
def content(service: Service, docker_registry: DockerRegistry) -> None:
    config = {
        "Labels": {"evil": EVIL, ATTACK: "x", MARKS: "y", **{f"n{i}": "z" for i in range(500)}},
        "Env": [f"EVIL={EVIL}", ATTACK],
        "Cmd": [EVIL],
        "Entrypoint": ["sh", "-c", "'; rm -rf / #", MARKS],
        "User": EVIL,
        "WorkingDir": ATTACK,
        "ExposedPorts": {"80/tcp": {}, f"81/tcp -v /:/host {ATTACK}": {}},
        "Volumes": {"/data$(touch /tmp/pwned)": {}, MARKS: {}},
    }
    push_image(docker_registry.url, "evil/image0", "latest", [random_layer(20_000, 220)], config=config)
    body = {
        "description": ATTACK + MARKS + FLOOD[:7000],
        "icon": "javascript:window.pwned=1",
        "location": "javascript:window.pwned=1",
    }
    service.post("/image/dockerhub/docker/evil/image0/latest/download", body)
    assert service.ended()["status"] == "done"


def wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    if page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
        return []
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("main *")]
            .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth)
            .map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 60)}`).slice(0, 5)"""
    )
    return found or ["something"]


def harmless(page: Page) -> str:
    """Nothing was run or put in but text, and nothing stands out of the page; the text that is shown."""
    assert page.evaluate("window.pwned === undefined")
    assert page.locator("body script:not([src]), [onerror], [onload], [onclick], iframe, object, embed").count() == 0
    assert page.locator("[href^='javascript:'], [href^='data:'], [src^='javascript:']").count() == 0
    shown: str = page.locator("body").inner_text()
    assert not FORBIDDEN.search(shown)
    assert wide(page) == []
    return shown


def test_a_catalog_leaves_no_trace_but_text(visit: Visit) -> None:
    page = visit.go("/discover/appcenter")
    cards = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=re.compile("^Evil")))
    expect(cards).to_have_count(4)
    shown = harmless(page)
    assert "<img src=x" in shown or "onerror" in shown
    assert len(shown) < 10_000
    for box in (cards.nth(i).bounding_box() for i in range(4)):
        assert box and box["height"] < 600
    page.get_by_role("button", name=re.compile("^Tag and platform of Evil 1")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    harmless(page)


def test_an_image_leaves_no_trace_but_text(visit: Visit) -> None:
    for view in ("overview", "layers", "json"):
        page = visit.go(f"/images/docker/evil/image0/latest?view={view}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("evil/image0")
        expect(page.get_by_role("main")).to_contain_text(re.compile("evil|COPY"))
        harmless(page)
    page = visit.go("/images/docker/evil/image0/latest")
    line = page.get_by_role("region", name="How to run it").inner_text()
    # One command: what the image says of itself is quoted or left out.
    assert "-p 8080:80 " in line
    assert "/host" not in line
    assert "'image0-data--touch--tmp-pwned-:/data$(touch /tmp/pwned)'" in line or "'" in line.split("-v ")[1]
    page = visit.go("/")
    expect(page.get_by_role("link", name="evil/image0")).to_be_visible()
    assert len(harmless(page)) < 5000


def test_docker_hub_leaves_no_trace_but_text(visit: Visit, hub: FakeHub) -> None:
    hub.add(replace(community("evil/search"), description=EVIL, logo="javascript:window.pwned=1", badge=ATTACK))
    page = visit.go("/discover/dockerhub?q=evil")
    expect(page.get_by_role("heading", name="evil/search")).to_be_visible()
    assert len(harmless(page)) < 5000


def test_the_error_of_a_registry_leaves_no_trace_but_text(visit: Visit, service: Service, hub: FakeHub) -> None:
    hub.inject_into(statuses.registry_error(403, "DENIED", EVIL), {Area.MANIFEST})
    page = visit.go("/downloads")
    expect(page.get_by_role("heading", name="Downloads", exact=True)).to_be_visible()
    service.post("/image/dockerhub/docker/evil/refused/latest/download")
    expect(page.get_by_role("listitem").filter(has_text="evil/refused:latest")).to_contain_text("Failed")
    assert len(harmless(page)) < 8000


def test_a_broken_address_of_the_ui_leaves_no_trace_but_text(visit: Visit) -> None:
    page = visit.go("/images/docker/%3Cscript%3Ewindow.pwned=1%3C%2Fscript%3E/..%2F..%2Fetc/latest")
    expect(page.get_by_role("main")).to_contain_text(re.compile("Page not found|Something went wrong"))
    harmless(page)
    page = visit.go("/discover/dockerhub?q=" + "%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E")
    expect(page.get_by_role("searchbox")).to_have_value("<img src=x onerror=window.pwned=1>")
    harmless(page)


def test_icons_come_from_the_service_alone_and_never_as_a_document(
    visit: Visit, service: Service, icons: WebServer, tmp_path: Path
) -> None:
    rows = service.get("/image/?from=appcenter")["results"]
    for row in rows:
        assert row.get("icon_url", "") == "" or row["icon_url"].startswith("/api/v1/icons/")
    page = visit.go("/discover/appcenter")
    for row in rows:
        if row.get("icon_url"):
            answer = page.goto(f"{service.url}{row['icon_url']}")
            assert answer is not None
            assert answer.status in (404, 415, 502) or "script" not in answer.text()
            assert page.evaluate("window.pwned === undefined")
