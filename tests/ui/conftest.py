"""What the tests of the web UI share: one browser, one service a module, and visits that end with a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from imagedepot.ui.mount import STATIC
from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.ui.visit import ARGUMENTS, CHROMIUM, Visit

Visits = Callable[..., Visit]


# Not for the whole session: while Playwright runs, no other test of this thread may run an event loop.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    require("chromium")
    assert (STATIC / "index.html").is_file(), "the web UI is not built: make ui"
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def hub(docker_registry: DockerRegistry) -> Iterator[FakeHub]:
    """Docker Hub for one module of tests, with the real registry behind it."""
    with FakeHub(docker_registry.url) as fake:
        yield fake


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What a module's service is started with, besides the Hub. Modules may say otherwise."""
    return {}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub, settings: dict[str, str]) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("ui")
    with start(folder, hub, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A fault ends with its test."""
    yield
    if "hub" in request.fixturenames:
        request.getfixturevalue("hub").heal()


@pytest.fixture
def visits(chromium: Browser, service: Service) -> Iterator[Visits]:
    """Makes visits to the module's service."""
    made: list[Visit] = []

    def visit(**options: object) -> Visit:
        made.append(Visit(chromium, service.url, **options))  # type: ignore[arg-type]
        return made[-1]

    yield visit
    for each in made:
        each.end()


@pytest.fixture
def visit(visits: Visits) -> Visit:
    return visits()


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def start(folder: Path, hub: FakeHub, **settings: str) -> Service:
    """A service on a folder of its own that takes `hub` for Docker Hub; use it with `with`."""
    return Service(folder / "data", **{"hub_url": hub.url, "registry_url": hub.url, **settings})
