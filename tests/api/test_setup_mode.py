"""Without a user, at an address that other machines can reach: nothing works without the code of the start."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from imagedepot.api.http.guard import SETUP
from imagedepot.api.http.openapi import document
from imagedepot.api.monitoring.health import PROBES
from imagedepot.api.v1.operations import operations
from imagedepot.app import build, parts_of
from imagedepot.registry.routes import Kind, parse
from imagedepot.ui.mount import STATIC
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Answered, Face
from tests.registry.asking import ask

REACHABLE = {"listen": "0.0.0.0:8090", **NOBODY}
DIGEST = f"sha256:{'a' * 64}"
# As what the network, this machine itself, a proxy and a page of ours would send.
CALLERS: dict[str, dict[str, str]] = {
    "network": {"Host": "192.168.1.5:8090"},
    "name": {"Host": "nas.local:8090"},
    "loopback": {"Host": "127.0.0.1:8090"},
    "localhost": {"Host": "localhost:8090"},
    "proxy": {"Host": "127.0.0.1:8090", "X-Forwarded-For": "203.0.113.9"},
    "page": {"Host": "nas.local:8090", "Origin": "http://nas.local:8090", "Sec-Fetch-Site": "same-origin"},
    "cookie": {"Host": "nas.local:8090", "Cookie": "imagedepot_session=made-up"},
    "token": {"Host": "nas.local:8090", "Authorization": "Bearer made-up"},
    "basic": {"Host": "nas.local:8090", "Authorization": "Basic YWRtaW46YWRtaW4="},
}
REGISTRY = [
    "",
    "token",
    "token?service=nas.local:8090&scope=repository:lgsd/diamond:pull",
    "_catalog",
    "lgsd/diamond/tags/list",
    "lgsd/diamond/manifests/latest",
    f"lgsd/diamond/blobs/{DIGEST}",
    "lgsd/diamond/blobs/uploads/",
    "lgsd/diamond/blobs/uploads/1",
    f"lgsd/diamond/referrers/{DIGEST}",
]


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """Shared by the tests that change nothing."""
    with Face(tmp_path_factory.mktemp("reached"), anonymous_pull="yes", **REACHABLE) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Face]:
    with Face(tmp_path / "data", **REACHABLE) as running:
        yield running


def set_up(face: Face, code: str, **headers: str) -> Answered:
    body = {"code": code, "username": "ada", "password": PASSWORD}
    return face.call("POST", "/session/setup", body, {"Host": "nas.local:8090", **headers})


@pytest.mark.parametrize("caller", CALLERS)
def test_without_the_code_no_operation_answers(reached: Face, caller: str) -> None:
    told = document(operations(parts_of(reached.services)), "", "", reached.services.upstreams.depots)["paths"]
    asked = 0
    for path, methods in told.items():
        for method in map(str.upper, methods):
            if (method, path) == SETUP:
                continue
            filled = re.sub(r"\{\w+\}", "docker", path)
            answered = reached.call(method, filled, {"username": "eve", "password": PASSWORD}, CALLERS[caller], base="")
            assert (answered.status, answered.json["error"]["reason"]) == (401, "setup_required"), (method, path)
            asked += 1
    assert asked > 50
    assert reached.services.access.users() == []


@pytest.mark.parametrize("caller", [each for each in CALLERS if each != "page"])
def test_without_the_code_the_registry_answers_nothing_whatever_the_settings(reached: Face, caller: str) -> None:
    headers = {name.replace("-", "_"): value for name, value in CALLERS[caller].items()}
    for path in REGISTRY:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            answer = ask(reached, path, method, b"", **headers)
            if path.startswith("token") and method != "GET":
                assert answer.status in (401, 405)
            else:
                assert answer.status == 401, (method, path)
            assert "docker-content-digest" not in answer.headers
    form = b"grant_type=password&username=admin&password=admin"
    assert ask(reached, "token", "POST", form, **headers).status == 401


def test_the_walk_over_the_registry_leaves_no_resource_out() -> None:
    paths = [f"/v2/{path.partition('?')[0]}" for path in REGISTRY]
    assert {parse(path, path.encode()).kind for path in paths} == set(Kind)


def test_whatever_else_is_routed_answers_nothing_either(reached: Face) -> None:
    """But for the probes of containers, which report to strangers what `test_health` shows; the page and its files come
    from the last route, which has nothing of the service's own in it."""
    *others, page = build(reached.services).routes
    assert isinstance(page, Route)
    assert page.path == "/{path:path}"
    for route in others:
        assert isinstance(route, Route)
        if route.path in PROBES:
            continue
        filled = re.sub(r"\{[^}]+\}", "docker", route.path)
        for method in route.methods or ():
            if (method, filled) != SETUP:
                with reached.opened(method, filled, base="", headers=CALLERS["loopback"]) as response:
                    assert response.status == 401, (method, filled)


def test_the_page_and_its_files_are_there(reached: Face) -> None:
    for path in ("/", "/setup", "/settings/users"):
        answered = reached.call("GET", path, headers=CALLERS["name"], base="")
        assert answered.headers["content-type"].startswith("text/html")
        assert answered.status == (200 if (STATIC / "index.html").is_file() else 503)


def test_the_code_creates_the_administrator_and_ends(fresh: Face, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagedepot")
    code = fresh.services.setup.code
    wrong = set_up(fresh, "ABCD-EFGH-JKLM-NPQR")
    assert (wrong.status, wrong.json["error"]["reason"]) == (403, "forbidden")
    weak = fresh.call("POST", "/session/setup", {"code": code, "username": "ada", "password": "password"})
    assert weak.status == 400
    assert fresh.services.access.users() == []
    made = set_up(fresh, code)
    assert (made.status, made.json["username"], made.json["isAdmin"]) == (200, "ada", True)
    fresh.cookie = made.headers["set-cookie"].partition(";")[0]
    assert fresh.get("/system")["role"] == "administrator"
    fresh.cookie = ""
    assert set_up(fresh, code).status == 409
    assert [user.username for user in fresh.services.access.users()] == ["ada"]
    assert fresh.call("GET", "/system").message == "Log in first"
    assert ask(fresh, "", Host="nas.local:8090").status == 401
    lines = "\n".join(caplog.messages)
    assert "change by nobody from 127.0.0.1: POST /api/v1/session/setup username=ada: 200" in lines
    assert code not in lines
    assert PASSWORD not in lines


def test_guesses_of_the_code_have_to_wait(fresh: Face) -> None:
    assert [set_up(fresh, "wrong").status for _ in range(5)] == [403] * 5
    refused = set_up(fresh, "wrong")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert set_up(fresh, fresh.services.setup.code).status == 429, "not even the right one, from that address"
    assert fresh.services.access.users() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:8090"}, 421),
        ({"Host": "192.168.1.5.evil.example"}, 421),
        ({"Host": "nas.local.evil.example", "Origin": "http://nas.local.evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://nas.local:9000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
    ids=str,
)
def test_no_page_of_another_origin_uses_the_code_even_if_it_has_it(
    reached: Face, headers: dict[str, str], status: int
) -> None:
    assert set_up(reached, reached.services.setup.code, **headers).status == status
    assert reached.services.access.users() == []


def test_on_loopback_there_is_no_setup_and_this_machine_is_served_as_before(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        assert face.get("/login_refresh")["isAdmin"] is True
        assert face.call("POST", "/session/setup", {"code": "", "username": "a", "password": PASSWORD}).status == 409
        through_proxy = {"X-Forwarded-For": "203.0.113.9"}
        code = face.services.setup.code
        body = {"code": code, "username": "eve", "password": PASSWORD}
        assert face.call("POST", "/session/setup", body, through_proxy).status == 403
        assert face.services.access.users() == []


def test_the_control_socket_is_open_meanwhile(fresh: Face) -> None:
    control = build(fresh.services, control=True)
    assert any(route.path == "/api/v1/users" for route in control.routes if isinstance(route, Route))
