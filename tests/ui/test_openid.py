"""Signing in at an identity provider, which is npm's `oidc-provider`, through Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.service import Service
from tests.ground.openid import OpenIdProvider
from tests.ui.test_access import violations

PASSWORD = "correct horse"


@dataclass
class House:
    service: Service
    provider: OpenIdProvider


@pytest.fixture(scope="module", params=["a secret of the client", ""], ids=["confidential", "public"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service with a local administrator, whose sign-in is set up."""
    folder = tmp_path_factory.mktemp("openid")
    service = Service(
        folder / "data",
        registry_url="http://127.0.0.1:9",
        hub_url="http://127.0.0.1:9",
        oidc_client_id="imagedepot",
        oidc_name="the family's account",
        oidc_scopes="openid profile groups",
        admin_groups="admins",
        member_groups="family",
    )
    if request.param:
        secret = folder / "secret"
        secret.write_text(f"{request.param}\n")
        secret.chmod(0o600)
        service.environment["IMAGEDEPOT_OIDC_CLIENT_SECRET_FILE"] = str(secret)
    (folder / "password").write_text(PASSWORD)
    service.command("user", "add", "ada", "--password-file", str(folder / "password"))
    with OpenIdProvider(folder, f"{service.url}/sign-in", request.param) as provider:
        service.environment["IMAGEDEPOT_OIDC_ISSUER"] = provider.url
        with service:
            yield House(service, provider)


@pytest.fixture
def context(chromium: Browser, house: House) -> Iterator[BrowserContext]:
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(30_000)
    context.add_init_script("localStorage.setItem('imagedepot.welcomed', 'yes')")
    yield context
    context.close()


def sign_in(page: Page, house: House, name: str) -> None:
    """At the provider, whose pages are those that it has for developers."""
    page.goto(house.service.url)
    page.get_by_role("button", name="Sign in with the family's account").click()
    page.locator("input[name=login]").fill(f"subject-of-{name}")
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


def users(house: House) -> dict[str, str]:
    listed = json.loads(house.service.command("user", "list", "--json").stdout)
    return {user["username"]: user["role"] for user in listed}


def test_who_signs_in_there_is_signed_in_here_with_the_role_of_the_groups(
    context: BrowserContext, house: House
) -> None:
    for name, role in (("eva", "administrator"), ("tom", "member"), ("uma", "viewer")):
        page = context.new_page()
        sign_in(page, house, name)
        expect(page.get_by_role("heading", name="Images", exact=True)).to_be_visible()
        assert "code=" not in page.url
        expect(page.get_by_text(name, exact=True)).to_be_visible()
        assert users(house)[name] == role
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert violations(page) == []
        context.clear_cookies()


def test_nobody_takes_over_a_local_user_by_taking_their_name(context: BrowserContext, house: House) -> None:
    page = context.new_page()
    sign_in(page, house, "ada")
    expect(page.get_by_role("alert")).to_contain_text("There is a user ada here who signs in another way")
    page.get_by_role("button", name="Back to sign-in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert house.service.call("GET", "/system")[0] == 401


def test_who_says_no_there_is_not_signed_in(context: BrowserContext, house: House) -> None:
    page = context.new_page()
    page.goto(f"{house.service.url}/sign-in?error=access_denied&state=x")
    expect(page.get_by_role("alert")).to_contain_text("rejected the sign-in")


def test_a_code_is_of_no_use_in_another_browser(context: BrowserContext, chromium: Browser, house: House) -> None:
    page = context.new_page()
    with page.expect_request(lambda request: "/sign-in?code=" in request.url) as taken:
        sign_in(page, house, "eva")
    other = chromium.new_context()
    thief = other.new_page()
    thief.goto(taken.value.url)
    expect(thief.get_by_role("alert")).to_contain_text("was not begun in this browser")
    other.close()
