"""Who may come in: the first run, signing in and out, users, and those who only look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ui.conftest import Visits, start
from tests.ui.visit import Visit

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Service]:
    """A service with an administrator."""
    with start(tmp_path_factory.mktemp("ui"), hub) as running:
        running.post("/users", {"username": "ada", "password": PASSWORD, "is_admin": True})
        yield running


def sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_role("textbox", name="User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter(page: Page, username: str, password: str) -> None:
    sign_in(page, username, password)
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)


def add_user(page: Page, username: str, password: str) -> None:
    page.get_by_role("textbox", name="User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Add the user").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_first_visit_creates_the_administrator(chromium: Browser, hub: FakeHub, tmp_path: Path) -> None:
    with start(tmp_path, hub) as service:
        visit = Visit(chromium, service.url, welcomed=False)
        page = visit.go()
        page.get_by_label("Password", exact=True).fill("too few"[:5])
        page.get_by_role("button", name="Create administrator").click()
        expect(page.get_by_role("heading", name="Welcome to Image Depot")).to_be_visible()
        assert service.get("/users") == []  # the browser itself refuses what is too short
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create administrator").click()
        expect(page.get_by_text("admin is now the administrator. You are signed in.")).to_be_visible()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page).to_have_url(re.compile("/discover/appcenter$"))
        assert service.call("GET", "/users")[0] == 401
        page.reload()  # seen once is enough
        expect(page.get_by_role("searchbox", name="Search images")).to_be_visible()
        visit.end()


def test_nothing_shows_before_one_has_signed_in(visit: Visit) -> None:
    page = visit.go("/space")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "ada", "wrong horse")
    expect(page.get_by_role("alert")).to_contain_text("Wrong user name or password")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    enter(page, "ada", PASSWORD)
    expect(page.get_by_role("heading", name="Space", exact=True)).to_be_visible()
    sign_out(page)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_user_is_added_as_a_viewer_becomes_a_member_and_is_removed(visits: Visits) -> None:
    page = visits().go("/settings/users")
    enter(page, "ada", PASSWORD)
    add_user(page, "eva", "another horse")
    eva = page.get_by_role("listitem").filter(has_text="eva")
    expect(eva).to_contain_text("Viewer")

    other = visits().go("/discover/appcenter")
    enter(other, "eva", "another horse")
    # No wall of grey buttons: one sentence says why there are none.
    expect(other.get_by_role("note").filter(has_text="You are a viewer")).to_be_visible()
    expect(other.get_by_role("heading", name="Jellyfin", exact=True)).to_be_visible()
    expect(other.get_by_role("button", name=re.compile("^Download "))).to_have_count(0)
    other.get_by_role("button", name="Tag and platform of Jellyfin", exact=True).click()
    refused = other.get_by_role("dialog").get_by_role("button", name="Download")
    expect(refused).to_be_disabled()
    expect(refused).to_have_attribute("title", "Only members and administrators can do this.")
    other.keyboard.press("Escape")
    other.get_by_role("link", name="Settings").click()
    expect(other.get_by_text("You have view-only access. Ask an administrator to make changes.")).to_be_visible()
    for section in ("Users", "Catalogs", "Registries"):
        expect(other.get_by_role("link", name=section, exact=True)).to_have_count(0)
    expect(other.get_by_role("spinbutton", name="Parallel downloads")).to_be_disabled()

    page.get_by_role("button", name="Change eva").click()
    dialog = page.get_by_role("dialog", name="Change eva")
    dialog.get_by_label("Role").select_option("Member")
    dialog.get_by_role("button", name="Save").click()
    expect(eva).to_contain_text("Member")
    other.goto(other.url.replace("/settings/general", "/discover/appcenter"))
    expect(other.get_by_role("button", name=re.compile("^Download ")).first).to_be_enabled()

    page.get_by_role("button", name="Remove eva").click()
    page.get_by_role("dialog", name="Remove the user eva?").get_by_role("button", name="Remove").click()
    expect(eva).to_have_count(0)
    # Whoever is removed is out at the next step.
    other.get_by_role("link", name="Space").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_last_administrator_stays(visit: Visit) -> None:
    page = visit.go("/settings/users")
    enter(page, "ada", PASSWORD)
    page.get_by_role("button", name="Remove ada").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("alert").filter(has_text="ada is the last administrator")).to_be_visible()


def test_a_new_password_of_ones_own_keeps_one_in_and_others_out(visits: Visits) -> None:
    page = visits().go("/settings/users")
    enter(page, "ada", PASSWORD)
    elsewhere = visits().go("/settings/users")
    enter(elsewhere, "ada", PASSWORD)
    expect(elsewhere.get_by_role("button", name="Change ada")).to_be_visible()
    for before, after in ((PASSWORD, "a new horse"), ("a new horse", PASSWORD)):
        assert before != after
        page.get_by_role("button", name="Change ada").click()
        dialog = page.get_by_role("dialog", name="Change ada")
        dialog.get_by_label("New password").fill(after)
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("listitem").filter(has_text="ada")).to_contain_text("you")
    elsewhere.get_by_role("link", name="Space").click()
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_only_looks_changes_their_own_password_and_tells_the_current_one(visits: Visits) -> None:
    page = visits().go("/settings/users")
    enter(page, "ada", PASSWORD)
    add_user(page, "ida", "a given horse")
    expect(page.get_by_role("listitem").filter(has_text="ida")).to_be_visible()

    own = visits().go("/space")
    enter(own, "ida", "a given horse")
    own.get_by_role("button", name="More", exact=True).click()
    own.get_by_role("menuitem", name="Change your password").click()
    dialog = own.get_by_role("dialog", name="Change your password")
    dialog.get_by_label("Current password").fill("a wrong horse")
    dialog.get_by_label("New password").fill("a chosen horse")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("That is not the current password")
    dialog.get_by_label("Current password").fill("a given horse")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(own.get_by_text("Password changed")).to_be_visible()
    expect(own.get_by_role("heading", name="Space", exact=True)).to_be_visible()
    sign_out(own)
    enter(own, "ida", "a chosen horse")
