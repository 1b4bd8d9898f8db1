"""Sessions in Settings: people see where they are signed in and end it there; administrators see everybody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ui.conftest import start
from tests.ui.test_access import violations
from tests.ui.test_tokens import PASSWORD, post_as_ada, signed_in
from tests.ui.visit import PHONE, Visit


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Service]:
    """With an administrator (ada) and two viewers (bob, eve)."""
    with start(tmp_path_factory.mktemp("sessions"), hub) as running:
        running.post("/users", {"username": "ada", "password": PASSWORD, "role": "administrator"})
        for name in ("bob", "eve"):
            post_as_ada(running, "/users", {"username": name, "password": PASSWORD, "role": "viewer"})
        yield running


def rows_of(page: Page, username: str) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").filter(has_text=username).filter(has_text="signed in")


def test_a_user_ends_a_session_in_another_browser(chromium: Browser, guarded: Service) -> None:
    elsewhere = Visit(chromium, guarded.url)
    signed_in(elsewhere, "bob", "/settings/general")
    visit = Visit(chromium, guarded.url, viewport=PHONE, lenient=True)
    page = signed_in(visit, "bob", "/settings/sessions")
    rows = rows_of(page, "bob")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("this browser")
    expect(rows.first.get_by_role("button")).to_have_count(0)  # the menu signs out
    expect(rows_of(page, "ada")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    rows.last.get_by_role("button", name="End the session of bob").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(rows).to_have_count(1)
    elsewhere.page.reload()
    expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()
    elsewhere.end()
    visit.end()


def test_an_administrator_ends_the_sessions_of_others(chromium: Browser, guarded: Service) -> None:
    other = Visit(chromium, guarded.url)
    signed_in(other, "eve", "/settings/general")
    visit = Visit(chromium, guarded.url)
    page = signed_in(visit, "ada", "/settings/sessions")
    expect(rows_of(page, "ada").first).to_contain_text("this browser")
    rows = rows_of(page, "eve")
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="End the session of eve").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="End the session of eve").click()
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    expect(rows).to_have_count(0)
    other.page.reload()
    expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
    other.end()
    visit.end()


def test_without_users_nobody_is_signed_in(visit: Visit) -> None:
    page = visit.go("/settings/sessions")
    expect(page.get_by_text("Without a user there are no sessions.")).to_be_visible()
    page.get_by_role("link", name="Add a user").click()
    expect(page).to_have_url(f"{visit.url}/settings/users")
