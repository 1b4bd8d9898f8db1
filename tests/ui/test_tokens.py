"""Access tokens in Settings: created with scopes, patterns and an end, shown once, listed, revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import Service
from tests.fakes.hub import FakeHub
from tests.ui.conftest import start
from tests.ui.test_access import violations
from tests.ui.visit import PHONE, Visit

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Service]:
    """With an administrator (ada) and a viewer (bob)."""
    with start(tmp_path_factory.mktemp("tokens"), hub) as running:
        running.post("/users", {"username": "ada", "password": PASSWORD, "role": "administrator"})
        post_as_ada(running, "/users", {"username": "bob", "password": PASSWORD, "role": "viewer"})
        yield running


def post_as_ada(service: Service, path: str, body: object) -> None:
    login = Request(f"{service.url}/api/v1/login", json.dumps({"username": "ada", "password": PASSWORD}).encode())
    with urlopen(login) as response:
        cookie = response.headers["Set-Cookie"].partition(";")[0]
    request = Request(f"{service.url}/api/v1{path}", json.dumps(body).encode(), {"Cookie": cookie})
    with urlopen(request) as response:
        assert response.status == 200


def signed_in(visit: Visit, username: str, path: str) -> Page:
    page = visit.go(path)
    page.get_by_role("textbox", name="User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    return page


def status_with(service: Service, token: str) -> int:
    """Of a call for viewers, with the token in place of a session."""
    request = Request(f"{service.url}/api/v1/downloads", headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request) as response:
            return int(response.status)
    except HTTPError as error:
        return error.code


def test_a_token_is_shown_once_works_and_is_revoked(chromium: Browser, guarded: Service) -> None:
    visit = Visit(chromium, guarded.url, lenient=True)
    page = signed_in(visit, "ada", "/settings/tokens")
    expect(page.get_by_text("No access tokens yet.")).to_be_visible()
    page.get_by_role("textbox", name="Name", exact=True).fill("ci")
    page.get_by_role("checkbox", name="Pull images").uncheck()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("alert").filter(has_text="Choose at least one permission")).to_be_visible()
    page.get_by_role("checkbox", name="Read everything").check()
    page.get_by_role("combobox", name="Expires").select_option("never")
    page.get_by_role("button", name="Create token").click()
    secret = page.get_by_role("region", name="The new access token").inner_text().strip()
    assert secret.startswith("idt_")
    assert violations(page) == []
    assert status_with(guarded, secret) == 200
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text(secret)).to_have_count(0)
    row = page.get_by_role("listitem").filter(has_text="ci").filter(has_text="all repositories")
    expect(row).to_contain_text("never expires")
    expect(row).to_contain_text("Read everything")
    page.get_by_role("button", name="Revoke ci").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No access tokens yet.")).to_be_visible()
    assert status_with(guarded, secret) == 401
    visit.end()


def test_a_token_for_some_repositories_says_which_and_until_when(chromium: Browser, guarded: Service) -> None:
    visit = Visit(chromium, guarded.url, viewport=PHONE)
    page = signed_in(visit, "ada", "/settings/tokens")
    page.get_by_role("textbox", name="Name", exact=True).fill("k3s")
    page.get_by_role("textbox", name="Repositories").fill("ghcr.io/owner/*, team/*")
    page.get_by_role("combobox", name="Expires").select_option("30")
    page.get_by_role("button", name="Create token").click()
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("listitem").filter(has_text="k3s").filter(has_text="expires")
    expect(row).to_contain_text("ghcr.io/owner/*, team/*")
    expect(row).to_contain_text("Pull images")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    visit.end()


def test_a_viewer_is_offered_what_a_viewer_may_do(chromium: Browser, guarded: Service) -> None:
    visit = Visit(chromium, guarded.url)
    page = signed_in(visit, "bob", "/settings/tokens")
    expect(page.get_by_role("checkbox", name="Pull images")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Read everything")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(2)
    visit.end()


def test_without_users_the_page_leads_to_them(visit: Visit) -> None:
    page = visit.go("/settings/tokens")
    expect(page.get_by_text("Access tokens belong to users.")).to_be_visible()
    page.get_by_role("link", name="Add a user").click()
    expect(page).to_have_url(f"{visit.url}/settings/users")
