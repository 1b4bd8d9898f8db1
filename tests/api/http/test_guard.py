from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.api.http.hosts import Hosts
from imagedepot.model.access.role import Role
from imagedepot.model.names.host_port import is_loopback_address
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face

ASKED = "/image/downloadstatus"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:99", "127.0.0.1", "127.3.2.1:80", "[::1]", "[::1]:8080", "localhost."]
)
def test_loopback_is_answered_under_all_of_its_names(face: Face, host: str) -> None:
    assert face.call("GET", ASKED, headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "192.168.1.5",
        "",
        "a b",
        "u@localhost",
        "[::1",
        "x:y",
    ],
)
@pytest.mark.parametrize("path", [ASKED, "/downloads/events"])
def test_other_host_names_are_misdirected(face: Face, host: str, path: str) -> None:
    answered = face.call("GET", path, headers={"Host": host})
    assert answered.status == 421
    assert "IMAGEDEPOT_ALLOWED_HOSTS" in answered.message


def test_the_web_ui_answers_to_no_other_host_either(face: Face) -> None:
    assert face.call("GET", "/", base="", headers={"Host": "evil.example"}).status == 421


def test_allowed_hosts_are_answered_to(tmp_path: Path) -> None:
    with Face(tmp_path / "data", allowed_hosts="nas.lan,depot.example:8443", **NOBODY) as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        face.log_in("ada", PASSWORD)
        for host, status in {
            "nas.lan": 200,
            "NAS.lan:9000": 200,
            "depot.example:8443": 200,
            "depot.example": 421,
            "other.lan": 421,
        }.items():
            assert face.call("GET", ASKED, headers={"Host": host}).status == status, host


STRANGERS = [
    {"Host": "nas.lan"},
    {"Host": "nas.lan", "X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"x-forwarded-for": ""},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Host": "nas.lan"},
    {"X-Forwarded": "for=203.0.113.9"},
    {"Forwarded": "for=203.0.113.9"},
    {"X-Real-IP": "203.0.113.9"},
    {"Via": "1.1 proxy"},
    {"CF-Connecting-IP": "203.0.113.9"},
    {"Origin": "https://nas.lan"},
]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """Behind a proxy on this very machine, and no user is defined."""
    with Face(tmp_path_factory.mktemp("proxied"), allowed_hosts="nas.lan", **NOBODY) as running:
        yield running


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/login_refresh", None),
        ("POST", "/login", {"username": "a", "password": "b"}),
        ("GET", ASKED, None),
        ("GET", "/system", None),
        ("POST", "/users", {"username": "eve", "password": PASSWORD}),
        ("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "1MB/s"}),
    ],
)
def test_without_a_user_nobody_behind_a_proxy_is_served(
    proxied: Face, method: str, path: str, body: object, headers: dict[str, str]
) -> None:
    answered = proxied.call(method, path, body, headers)
    assert answered.status == 403
    assert answered.message.startswith("No user is defined, so only this machine itself is served, ")
    assert "imagedepot user add NAME" in answered.message
    assert proxied.services.access.users() == []
    assert proxied.get("/login_refresh")["isAdmin"] is True  # this machine itself is served as before


def test_a_refused_stranger_is_a_line_in_the_log_and_a_thousand_are_not_a_thousand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        for _ in range(20):
            face.call("GET", ASKED, headers={"Via": "1.1 proxy"})
    (line,) = [line for line in caplog.messages if "No user is defined" in line]
    assert "through a proxy (Via)" in line


def test_a_peer_on_another_machine_is_a_stranger_whatever_host_it_names() -> None:
    assert is_loopback_address("127.0.0.1")
    assert is_loopback_address("::1")
    assert is_loopback_address("::ffff:127.0.0.1")
    for other in ("192.168.1.5", "::ffff:192.168.1.5", "fe80::1", "localhost.evil.example", ""):
        assert not is_loopback_address(other), other


def test_with_a_user_a_proxy_may_ask_for_those_who_have_logged_in(guarded: Face) -> None:
    assert guarded.call("GET", ASKED, headers={"X-Forwarded-For": "203.0.113.9"}).message == "Log in first"
    guarded.log_in("ada", PASSWORD)
    assert guarded.call("GET", ASKED, headers={"X-Forwarded-For": "203.0.113.9"}).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_other_sites_are_refused(face: Face, method: str, site: str) -> None:
    path = "/space/cleanup" if method == "POST" else ASKED
    answered = face.call(method, path, headers={"Sec-Fetch-Site": site})
    assert (answered.status, answered.message) == (403, "A web page of another origin may not ask Image Depot")


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_typed_addresses_pass(face: Face, site: str) -> None:
    assert face.call("GET", ASKED, headers={"Sec-Fetch-Site": site}).status == 200


def test_another_port_of_this_host_is_another_origin(face: Face) -> None:
    refused = [
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        f"https://{face.host}",
        "http://localhost:8090",
        "http://evil.example",
        "null",
        "",
        "file://",
        "http://[",
    ]
    for origin in refused:
        assert face.call("POST", "/space/cleanup", headers={"Origin": origin}).status == 403, origin
        assert face.call("GET", ASKED, headers={"Origin": origin}).status == 403, origin
    assert face.call("POST", "/space/cleanup", headers={"Origin": f"http://{face.host}"}).status == 200


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "own"),
    [
        ("https://nas.lan", "http", "127.0.0.1:8080", True),  # the proxy put its own name into Host
        ("https://nas.lan", "http", "nas.lan", True),  # the proxy speaks https for us
        ("http://nas.lan", "http", "nas.lan", True),
        ("https://nas.lan:9000", "http", "nas.lan", False),
        ("http://nas.lan:8080", "http", "nas.lan:8080", True),
        ("http://nas.lan:9000", "http", "nas.lan:8080", False),
        ("https://depot.example:8443", "http", "127.0.0.1:8080", True),
        ("https://depot.example", "http", "127.0.0.1:8080", False),
        ("https://localhost", "https", "localhost", True),
        ("http://localhost", "https", "localhost", False),
        ("https://[::1]:8080", "https", "[::1]:8080", True),
    ],
)
def test_a_page_is_ours_by_scheme_host_and_port(origin: str, scheme: str, host: str, own: bool) -> None:
    hosts = Hosts("127.0.0.1", ["nas.lan", "depot.example:8443"])
    assert hosts.is_own(origin, scheme, host) is own


@pytest.mark.parametrize(
    ("listen", "host", "known"),
    [
        ("0.0.0.0", "192.168.1.5:8080", True),
        ("::", "[fe80::1]:8080", True),
        ("192.168.1.5", "192.168.1.5:8080", True),
        ("192.168.1.5", "10.0.0.6:8080", True),  # the port of a container, or of a router
        ("nas.example.org", "NAS.example.org:8080", True),
        ("nas.example.org", "other.example.org", False),
        *((listen, "192.168.1.5", False) for listen in ("127.0.0.1", "localhost", "::1")),
    ],
)
def test_a_service_that_others_can_reach_answers_to_each_address_as_a_number(
    listen: str, host: str, known: bool
) -> None:
    assert Hosts(listen, []).answers_to(host) is known


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.168.1.5"])
def test_a_service_that_others_can_reach_answers_to_names_that_the_internet_cannot_hold(listen: str) -> None:
    hosts = Hosts(listen, [], ["box.example.org", "box"])
    for host in ("box", "BOX:8080", "box.example.org", "nas.local", "nas.local.", "a.b.lan:80", "x.home.arpa"):
        assert hosts.answers_to(host), host
    for host in (
        "box2",
        "example.org",
        "evil.example",
        "local",
        "nas.local.evil.example",
        "nas.localx",
        "home.arpa.com",
    ):
        assert not hosts.answers_to(host), host
    loopback = Hosts("127.0.0.1", [], ["box.example.org", "box"])
    assert not any(map(loopback.answers_to, ("box", "nas.local", "a.b.lan:80", "x.home.arpa")))


def test_a_browser_under_another_host_name_is_shown_the_line_to_add(face: Face) -> None:
    accepted = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/", "/setup", "/settings/users"):
        answered = face.call("GET", path, headers={"Host": "NAS.example.org:8090", **accepted}, base="")
        page = answered.content.decode()
        assert answered.status == 421
        assert answered.headers["content-type"] == "text/html; charset=utf-8"
        assert "IMAGEDEPOT_ALLOWED_HOSTS=nas.example.org</code>" in page
        (nonce,) = re.findall(r"<style nonce=\"([^\"]+)\">", page)
        assert f"style-src 'self' 'nonce-{nonce}'" in answered.headers["content-security-policy"]
    assert (
        "IMAGEDEPOT_ALLOWED_HOSTS" in face.call("GET", ASKED, headers={"Host": "nas.example.org", **accepted}).message
    )


@pytest.mark.parametrize(
    "host", ["<script>alert(1)</script>", "a b", "x&y", "", "u@nas", 'a"b', f"{'a' * 300}.example"]
)
def test_that_page_repeats_nothing_that_is_no_host_name(face: Face, host: str) -> None:
    answered = face.call("GET", "/", headers={"Host": host, "Accept": "text/html"}, base="")
    assert answered.status == 421
    page = answered.content.decode()
    assert "IMAGEDEPOT_ALLOWED_HOSTS</code> lists" in page
    assert not host or host not in page.partition("</style>")[2]


READS = ("/image", ASKED, "/downloads", "/downloads/events", "/space", "/settings", "/users", "/registries", "/limits")


@pytest.mark.parametrize("path", [*READS, "/system", "/docs", "/openapi.json", "/nowhere", "/login_refresh"])
def test_without_a_session_nothing_is_reported(guarded: Face, path: str) -> None:
    assert guarded.call("GET", path).message == "Log in first"
    guarded.cookie = "imagedepot_session=made-up"
    assert guarded.call("GET", path).status == 401


def test_only_login_is_free_and_only_by_its_own_method(guarded: Face) -> None:
    assert guarded.call("GET", "/login").status == 401
    assert guarded.call("POST", "/login/", {"username": "ada", "password": PASSWORD}).status == 200
    assert (
        guarded.call("POST", "/login", {"username": "ada", "password": PASSWORD}, {"Origin": "http://x.y"}).status
        == 403
    )
    assert guarded.call("GET", "/", base="").status in (200, 503)  # the page; 503 where it is not built


def test_every_change_is_a_line_in_the_log(changing: Face, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagedepot")
    changing.call("POST", "/space/cleanup")
    changing.log_in("ada", PASSWORD)
    changing.call("PUT", "/settings/IMAGEDEPOT_BANDWIDTH", {"value": "5MB/s"})
    changing.call("DELETE", "/image/local/docker/redis")
    changing.call("POST", "/users", {"username": "eve", "password": "a secret of eve's"})
    lines = caplog.messages
    assert "refused POST /api/v1/space/cleanup from 127.0.0.1: 401 Log in first" in lines
    assert "change by ada from 127.0.0.1: PUT /api/v1/settings/IMAGEDEPOT_BANDWIDTH value=5MB/s: 200" in lines
    assert "change by ada from 127.0.0.1: DELETE /api/v1/image/local/docker/redis: 404 Image not found: redis" in lines
    assert "change by ada from 127.0.0.1: POST /api/v1/users username=eve role=viewer: 200" in lines
    assert "secret" not in caplog.text
    assert PASSWORD not in caplog.text


def test_a_name_cannot_forge_a_line_of_the_log(changing: Face, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagedepot")
    changing.log_in("ada", PASSWORD)
    changing.call("POST", "/users", {"username": "x\nchange by bob", "password": PASSWORD})
    assert all("\n" not in line for line in caplog.messages)
