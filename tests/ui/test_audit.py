"""The audit trail in Settings: who did what, filtered, page by page, and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ui.conftest import start
from tests.ui.test_access import violations
from tests.ui.test_tokens import PASSWORD, post_as_ada, signed_in
from tests.ui.visit import PHONE, Visit

PATH = "/settings/audit"
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Service]:
    """With an administrator (ada), a viewer (bob), refused logins, and more events than a page has."""
    with start(tmp_path_factory.mktemp("audit"), hub) as running:
        running.post("/users", {"username": "ada", "password": PASSWORD, "role": "administrator"})
        post_as_ada(running, "/users", {"username": "bob", "password": PASSWORD, "role": "viewer"})
        assert running.call("POST", "/login", {"username": SCRIPT, "password": "wrong"})[0] == 401
        for number in range(110):
            post_as_ada(running, "/tokens", {"name": f"machine {number}", "scopes": ["read"]})
        yield running


@pytest.fixture
def visit(chromium: Browser, guarded: Service) -> Iterator[Visit]:
    made = Visit(chromium, guarded.url, lenient=True)
    yield made
    made.end()


def rows(page: Page, text: str) -> int:
    return page.get_by_role("listitem").filter(has_text=text).count()


def test_an_administrator_sees_who_did_what_and_finds_it(visit: Visit) -> None:
    page = signed_in(visit, "ada", PATH)
    expect(page.get_by_text("token.add machine 109")).to_be_visible()
    assert rows(page, "token.add") < 110
    page.get_by_role("textbox", name="Search").fill("bob")
    event = page.get_by_role("listitem").filter(has_text="user.add bob")
    expect(event).to_contain_text("ada · from 127.0.0.1 · username=bob role=viewer")
    expect(event).to_contain_text("done")
    expect(page.get_by_text("token.add")).to_have_count(0)
    page.get_by_role("textbox", name="Search").fill("")
    page.get_by_label("Outcome").select_option("refused")
    refused = page.get_by_role("listitem").filter(has_text="Wrong user name or password")
    expect(refused).to_contain_text(SCRIPT)
    page.get_by_label("Action").select_option("setting")
    expect(page.get_by_text("No event fits.")).to_be_visible()


def test_more_is_shown_page_by_page(visit: Visit) -> None:
    page = signed_in(visit, "ada", PATH)
    page.get_by_label("Action").select_option("token")
    expect(page.get_by_text("user.add bob")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="login")).to_have_count(0)  # the choice counts
    expect(page.get_by_text("token.add machine 109")).to_be_visible()
    expect(page.get_by_text("token.add machine 0", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("token.add machine 0", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_what_is_shown_is_exported_as_a_whole(visit: Visit, tmp_path: Path) -> None:
    page = signed_in(visit, "ada", PATH)
    page.get_by_label("Action").select_option("token")
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", "/api/v1/audit/csv?action=token")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert waiting.value.suggested_filename == "imagedepot-audit.csv"
    waiting.value.save_as(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["target"] for row in found] == [f"machine {number}" for number in range(109, -1, -1)]


def test_it_is_no_section_for_others(visit: Visit) -> None:
    page = signed_in(visit, "bob", "/settings/sessions")
    expect(page.get_by_role("link", name="Sessions")).to_be_visible()
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    assert not [path for path in visit.asked() if "/audit" in path]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(chromium: Browser, guarded: Service, scheme: str, tmp_path: Path) -> None:
    visit = Visit(chromium, guarded.url, viewport=PHONE, scheme=scheme, lenient=True)  # type: ignore[arg-type]
    page = signed_in(visit, "ada", PATH)
    expect(page.get_by_text("token.add machine 109")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=tmp_path / f"audit-{scheme}.png")
    visit.end()
