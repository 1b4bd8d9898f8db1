"""From the first start to the administrator, on a second machine and by the host's name, without an editor."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ground.second_machine import SecondMachine, second_machine
from tests.ui.conftest import start
from tests.ui.test_access import violations
from tests.ui.visit import ARGUMENTS, CHROMIUM, LAPTOP, PHONE, Visit

PASSWORD = "correct horse"
LINK = re.compile(r"info: Open (http://([^:]+):\d+/setup#code=(\S+))$", re.MULTILINE)
STATUS = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "30")


@pytest.fixture
def reachable(tmp_path: Path, hub: FakeHub) -> Iterator[Service]:
    """A service without a user, at every address of this machine."""
    service = start(tmp_path, hub)
    service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
    with service:
        yield service


@pytest.fixture
def other() -> Iterator[SecondMachine]:
    with second_machine() as machine:
        yield machine


def links(service: Service) -> dict[str, str]:
    """The links that start-up has printed, by the host that they name."""
    return {host: link for link, host, _ in LINK.findall(service.log.read_text())}


def code_of(service: Service) -> str:
    (code,) = {code for _, _, code in LINK.findall(service.log.read_text())}
    return str(code)


def create(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()


def test_a_second_machine_makes_the_administrator_by_the_hosts_name_within_a_minute(
    chromium: Browser, hub: FakeHub, other: SecondMachine, tmp_path: Path
) -> None:
    name = socket.gethostname().lower().partition(".")[0]
    service = start(tmp_path, hub)
    service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
    browser = chromium.browser_type.launch(executable_path=other.program(CHROMIUM, tmp_path), args=list(ARGUMENTS))
    with closing(browser), service:
        assert other.address in links(service)
        link = links(service)[f"{name}.local"]
        url = link.partition("/setup")[0]
        for path in ("/api/v1/system", "/api/v1/image/?from=local", "/api/v1/openapi.json", "/v2/", "/v2/_catalog"):
            assert other.run(*STATUS, f"{url}{path}") == "401", path
        assert other.run(*STATUS, "--header", "Host: evil.example", f"{url}/") == "421"
        visit = Visit(browser, url, welcomed=False)
        page = visit.page
        begun = time.monotonic()
        page.goto(link)
        expect(page.get_by_label("One-time code")).to_have_value(code_of(service))
        expect(page).to_have_url(re.compile("/setup$"))  # without the code
        create(page)
        expect(page.get_by_text("admin is now the administrator. You are signed in.")).to_be_visible()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("searchbox", name="Search images")).to_be_visible()
        assert time.monotonic() - begun < 60, "a minute is promised"
        assert other.run(*STATUS, f"{url}/api/v1/system") == "401"
        page.goto(link)  # the link is of no use any more, and does no harm
        expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()
        visit.end()


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_code_may_be_typed_and_a_wrong_one_is_said(chromium: Browser, reachable: Service, viewport: object) -> None:
    visit = Visit(chromium, reachable.url, welcomed=False, lenient=True, viewport=viewport)  # type: ignore[arg-type]
    page = visit.go("/settings/users")
    expect(page.get_by_role("heading", name="Welcome to Image Depot")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("One-time code").fill("ABCD-EFGH-JKLM-NPQR")
    create(page)
    expect(page.get_by_role("alert")).to_contain_text("That is not the code that Image Depot printed")
    page.get_by_label("One-time code").fill(code_of(reachable).lower().replace("-", ""))
    create(page)
    expect(page.get_by_text("admin is now the administrator. You are signed in.")).to_be_visible()
    visit.end()


def test_who_comes_second_is_asked_to_sign_in(chromium: Browser, reachable: Service) -> None:
    visits = [Visit(chromium, reachable.url, welcomed=False) for _ in range(2)]
    first, second = (visit.go(f"/setup#code={code_of(reachable)}") for visit in visits)
    create(first)
    expect(first.get_by_text("admin is now the administrator. You are signed in.")).to_be_visible()
    create(second)
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    for visit in visits:
        visit.end()


def test_a_name_that_is_not_known_shows_the_line_to_add(chromium: Browser, reachable: Service) -> None:
    mapped = [*ARGUMENTS, "--host-resolver-rules=MAP nas.example.org 127.0.0.1"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=mapped)
    with closing(browser):
        for viewport in (LAPTOP, PHONE):
            visit = Visit(browser, f"http://nas.example.org:{reachable.port}", viewport=viewport, lenient=True)
            page = visit.go("/")
            expect(page.get_by_role("heading")).to_have_text("Image Depot does not answer to nas.example.org")
            expect(page.get_by_text("IMAGEDEPOT_ALLOWED_HOSTS=nas.example.org", exact=True)).to_be_visible()
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            visit.end()
