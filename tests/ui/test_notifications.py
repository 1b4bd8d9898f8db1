"""Notifications in Settings: a channel is added, its key shown once, tested, and removed; failures are sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import Service
from tests.fakes.hooks import HookServer
from tests.ui.conftest import Visits
from tests.ui.test_access import violations
from tests.ui.visit import PHONE, Visit


@pytest.fixture
def server() -> Iterator[HookServer]:
    with HookServer() as server:
        yield server


@pytest.fixture(autouse=True)
def empty(service: Service) -> Iterator[None]:
    yield
    for row in service.get("/notifications"):
        service.call("DELETE", f"/notifications/{row['id']}")


def form(visit: Visit) -> Page:
    page = visit.go("/settings/notifications")
    expect(page.get_by_text("No notifications are sent yet.")).to_be_visible()
    return page


def test_a_webhook_is_added_tested_and_removed(visits: Visits, server: HookServer, service: Service) -> None:
    visit = visits()
    page = form(visit)
    page.get_by_label("Name", exact=True).fill("home")
    page.get_by_label("Address").fill(f"{server.url}/hook")
    page.get_by_label("Downloads", exact=True).uncheck()
    page.get_by_role("button", name="Add channel").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    key = service.get("/notifications")
    assert "whsec_" in page.content()
    assert "downloaded" not in key[0]["events"]
    page.get_by_role("button", name="Done").click()
    assert "whsec_" not in page.content()

    page.get_by_role("button", name="Send a test to home").click()
    expect(page.get_by_text("The test has arrived")).to_be_visible()
    assert server.bodies[0]["title"] == "Image Depot: test"
    expect(page.get_by_text("last message")).to_be_visible()

    server.status = 403
    page.get_by_role("button", name="Send a test to home").click()
    sentence = f"{server.host} refuses the message: it answered 403"
    expect(page.locator("li", has_text="home").get_by_text(sentence)).to_be_visible()

    page.get_by_role("button", name="Remove home").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No notifications are sent yet.")).to_be_visible()
    assert service.get("/notifications") == []


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}], ids=["laptop", "phone"])
def test_a_mail_channel_has_its_fields_and_shows_no_password(
    visits: Visits, service: Service, options: dict[str, object]
) -> None:
    visit = visits(lenient=True, **options)
    page = form(visit)
    page.get_by_label("Kind").select_option(label="E-mail")
    page.get_by_label("Name", exact=True).fill("family")
    page.get_by_label("Address").fill("smtps://mail.lan:465")
    page.get_by_label("From").fill("depot@nas.lan")
    page.get_by_label("To", exact=True).fill("no mail address")
    page.get_by_label("User name").fill("depot")
    page.get_by_label("Password", exact=True).fill("secret-word")
    page.get_by_role("button", name="Add channel").click()
    expect(page.get_by_role("alert").get_by_text("not a mail address")).to_be_visible()
    page.get_by_label("To", exact=True).fill("ada@home.lan, bob@home.lan")
    page.get_by_role("button", name="Add channel").click()
    expect(page.locator("li", has_text="family").get_by_text("ada@home.lan, bob@home.lan")).to_be_visible()
    assert "secret-word" not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    assert service.get("/notifications")[0]["username"] == "depot"
