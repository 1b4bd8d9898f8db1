"""Sign-in by a proxy, through the whole service: the address of the connection decides, and no header does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.api.http.caller import COOKIE
from imagedepot.model.access.role import Role
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.api.stream import EVENTS, Event, Reader

SIGNED_IN = {"Remote-User": "eva", "Remote-Groups": "family,admins", "X-Forwarded-For": "203.0.113.9"}
SETTINGS = {"admin_groups": "admins", "member_groups": "family", "allowed_hosts": "nas.lan", **NOBODY}


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Face]:
    """Those who ask in these tests connect from 127.0.0.1, which is the proxy here."""
    with Face(tmp_path / "data", sign_in_proxies="127.0.0.1", **SETTINGS) as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        yield face


def test_who_the_proxy_names_is_signed_in_and_among_the_users(behind: Face) -> None:
    told = behind.call("GET", "/system", headers=SIGNED_IN).json
    assert (told["username"], told["role"], told["by_proxy"]) == ("eva", "administrator", True)
    assert [user["username"] for user in behind.call("GET", "/users", headers=SIGNED_IN).json] == ["ada", "eva"]
    made = behind.call("POST", "/tokens", {"name": "ci", "scopes": ["read"]}, SIGNED_IN).json
    assert made["username"] == "eva"
    told = behind.call("GET", "/system", headers={"Authorization": f"Bearer {made['token']}"}).json
    assert (told["username"], told["by_proxy"]) == ("eva", False)


def test_what_the_proxy_says_goes_before_a_session_of_another_person(behind: Face) -> None:
    behind.log_in("ada", PASSWORD)
    assert behind.get("/system")["username"] == "ada"
    assert behind.call("GET", "/system", headers=SIGNED_IN).json["username"] == "eva"


def test_events_go_on_whatever_has_become_of_an_older_session(behind: Face) -> None:
    with behind.opened("GET", EVENTS, headers={**SIGNED_IN, "Cookie": f"{COOKIE}=ended"}) as response:
        reader = Reader(response)
        reader.next()
        behind.services.feed.images()
        assert reader.next() == Event("images", {})


@pytest.mark.parametrize("groups", ["", "others", "family"])
def test_a_role_opens_no_more_than_it_does_elsewhere(behind: Face, groups: str) -> None:
    refused = behind.call(
        "PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "5MB/s"}, {**SIGNED_IN, "Remote-Groups": groups}
    )
    assert refused.status == 403


def test_visitors_whom_the_proxy_does_not_know_have_to_log_in(behind: Face) -> None:
    for headers in ({}, {"Remote-User": ""}, {"Remote_User": "ada"}, {"X-Remote-User": "ada"}):
        assert behind.call("GET", "/system", headers=headers).message == "Log in first"


@pytest.mark.parametrize("more", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_no_page_of_another_origin_acts_through_the_proxys_login(behind: Face, more: dict[str, str]) -> None:
    assert behind.call("POST", "/users", {"username": "eve", "password": PASSWORD}, {**SIGNED_IN, **more}).status == 403
    assert [user.username for user in behind.services.access.users()] == ["ada"]


def test_from_any_other_address_the_header_is_worth_nothing_whatever_is_forwarded(tmp_path: Path) -> None:
    with Face(tmp_path / "data", sign_in_proxies="10.0.0.1,172.18.0.0/16", **SETTINGS) as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        for forwarded in ("10.0.0.1", "172.18.0.2", "203.0.113.9, 10.0.0.1"):
            headers = {"Remote-User": "ada", "Remote-Groups": "admins", "X-Forwarded-For": forwarded}
            headers |= {"X-Real-IP": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
            assert face.call("GET", "/system", headers=headers).message == "Log in first"
            assert face.call("POST", "/users", {"username": "e", "password": PASSWORD}, headers).status == 401


@pytest.mark.parametrize("listen", ["127.0.0.1:8090", "0.0.0.0:8090"])
def test_while_there_is_no_user_the_proxy_signs_nobody_in(tmp_path: Path, listen: str) -> None:
    with Face(tmp_path / "data", sign_in_proxies="127.0.0.1", **SETTINGS, listen=listen) as face:
        assert face.call("GET", "/system", headers=SIGNED_IN).status in (401, 403)
        assert face.services.access.users() == []


def test_the_registry_takes_no_word_of_a_proxy(behind: Face) -> None:
    with behind.opened("GET", "/v2/", base="", headers=SIGNED_IN) as response:
        assert response.status == 401
