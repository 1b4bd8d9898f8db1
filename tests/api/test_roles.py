"""Every operation, for every role: who may call it, and what of this host a viewer sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from imagedepot.api.http.openapi import document
from imagedepot.api.v1.operations import operations
from imagedepot.app import parts_of
from imagedepot.model.access.role import Role
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face

# The least role that each operation takes, written down apart from the code that says so.
NEEDED = {
    Role.VIEWER: """
        GET /image
        GET /image/downloadstatus
        GET /image/{type}/{name}/{tag}/inspect
        GET /image/{type}/{name}/{tag}/layers
        GET /image/{type}/{name}/{tag}/update
        GET /image/{type}/{name}/{tag}/export
        GET /images/export
        GET /downloads
        GET /downloads/events
        GET /downloads/{id}
        GET /login_refresh
        PUT /logout
        GET /mirror
        GET /mirror/images
        GET /mirror/fetches
        GET /updates
        GET /updates/rules
        POST /updates/preview
        GET /sessions
        DELETE /sessions/{id}
        GET /users
        GET /tokens
        POST /tokens
        DELETE /tokens/{id}
        GET /settings
        GET /space
        GET /stores
        GET /system
        GET /limits
        GET /mirror/config/{client}
        GET /icons/{key}
        GET /openapi.json
        GET /docs
    """,
    Role.MEMBER: """
        POST /updates/check
        POST /updates/download
        POST /mirror/images/{name}/{tag}/keep
        GET /image/dockerhub/docker/{is_official}/{name}/tags
        GET /image/dockerhub/docker/{is_official}/{name}/tags/details
        GET /image/dockerhub/docker/{is_official}/{name}/details
        GET /image/{from}/{type}/{name}/{tag}/platforms
        POST /image/{from}/{type}/{name}/{tag}/download
        DELETE /downloads
        DELETE /downloads/{id}
        POST /downloads/{id}/retry
        POST /downloads/{id}/move
    """,
    Role.ADMIN: """
        PUT /updates/rules/{pattern}
        POST /images/import
        POST /image/{type}/{name}/{tag}/load
        GET /engine-loads/{id}
        DELETE /engine-loads/{id}
        DELETE /updates/rules/{pattern}
        DELETE /mirror/images/{name}/{tag}
        GET /image/{type}/{name}/{tag}/files
        DELETE /image/{from}/{type}/{name}
        POST /users
        DELETE /users/{username}
        PUT /stores/{type}
        POST /stores/{type}/work
        DELETE /stores/{type}/work
        PUT /settings/{setting}
        DELETE /settings
        DELETE /settings/{setting}
        POST /space/verify
        POST /space/cleanup
        GET /catalogs
        POST /catalogs
        DELETE /catalogs
        POST /catalogs/refresh
        GET /registries
        PUT /registries/{host}
        DELETE /registries/{host}
        GET /mirror/clients
        GET /notifications
        POST /notifications
        DELETE /notifications/{id}
        POST /notifications/{id}/test
        GET /audit
        GET /audit/csv
        GET /audit/json
    """,
}
# Judged by what is asked for: everybody changes their own password.
JUDGED = {"PATCH /users/{username}"}
FREE = {
    "POST /login",
    "POST /session/setup",
    "GET /session/openid",
    "POST /session/openid",
    "POST /session/openid/finish",
}
TABLE = [(line.strip(), role) for role, lines in NEEDED.items() for line in lines.strip().splitlines()]
USERS = {Role.VIEWER: "bob", Role.MEMBER: "mia", Role.ADMIN: "ada"}
FILLED = {
    "pattern": "redis",
    "type": "docker",
    "name": "lab/absent",
    "tag": "1",
    "id": "999",
    "is_official": "0",
    "from": "dockerhub",
    "username": "absent",
    "setting": "IMAGEDEPOT_ABSENT",
    "host": "absent.invalid",
    "key": "absent",
    "client": "docker",
}


@pytest.fixture(scope="module")
def sessions(closed: Face) -> dict[Role, str]:
    """A session's cookie for each role."""
    cookies = {}
    for role, username in USERS.items():
        assert closed.log_in(username, PASSWORD).status == 200
        cookies[role], closed.cookie = closed.cookie, ""
    return cookies


def test_the_table_has_every_operation_and_no_other(closed: Face) -> None:
    told = document(operations(parts_of(closed.services)), "", "", closed.services.upstreams.depots)["paths"]
    known = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in told.items() for method in methods}
    assert {name for name, _ in TABLE} | JUDGED | FREE == known
    assert len(TABLE) == len(dict(TABLE))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("operation", "needed"), TABLE)
def test_an_operation_is_for_its_role_and_those_above(
    closed: Face, sessions: dict[Role, str], operation: str, needed: Role, role: Role
) -> None:
    if operation == "PUT /logout":
        return  # it would end the session of the other tests; `test_session` has it
    method, _, path = operation.partition(" ")
    path = re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], path)
    with closed.opened(method, path, headers={"Cookie": sessions[role]}) as response:
        assert (response.status == 403) is not role.covers(needed), response.status
        assert response.status != 401


@pytest.mark.parametrize(("operation", "needed"), TABLE)
def test_without_a_session_no_operation_answers(closed: Face, operation: str, needed: Role) -> None:
    method, _, path = operation.partition(" ")
    path = re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], path)
    for cookie in ("", "imagedepot_session=made-up"):
        with closed.opened(method, path, headers={"Cookie": cookie}) as response:
            assert response.status == 401


@pytest.mark.parametrize("call", ["tags", "platforms", "download"])
def test_a_registry_that_is_not_well_known_is_named_by_administrators_alone(
    closed: Face, sessions: dict[Role, str], call: str
) -> None:
    for host in ("127.0.0.1:9", "nas.lan", "[::1]:9", "127.0.0.1:9/ghcr.io"):
        method, path = {
            "tags": ("GET", f"/image/dockerhub/docker/0/{host}/a/tags"),
            "platforms": ("GET", f"/image/dockerhub/docker/{host}/a/1/platforms"),
            "download": ("POST", f"/image/dockerhub/docker/{host}/a/1/download"),
        }[call]
        answered = closed.call(method, path, headers={"Cookie": sessions[Role.MEMBER]})
        assert answered.status == 403, host
        assert answered.message == ("Only an administrator may ask a registry by its host, except for well-known ones")
    path = "/image/dockerhub/docker/127.0.0.1:9/a/1/platforms"
    assert closed.call("GET", path, headers={"Cookie": sessions[Role.ADMIN]}).status == 503


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """A service whose settings are full of paths, names and addresses; a member is logged in."""
    folder = tmp_path_factory.mktemp("telling")
    catalog = folder / "secret-catalog.json"
    catalog.write_text("[]")
    settings = {"catalogs": str(catalog), "docker": "unix:///run/secret-engine.sock", **NOBODY}
    with Face(folder / "secret-data", **settings) as face:
        for role, username in reversed(USERS.items()):  # the first user is an administrator in any case
            face.services.access.add(username, PASSWORD, role)
        yield face


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_neither_paths_nor_names_of_this_host_are_told_to_others(telling: Face, role: Role) -> None:
    calls = ("/settings", "/users", "/system", "/limits", "/space", "/image?from=appcenter", "/downloads")
    telling.log_in("ada", PASSWORD)
    told = " ".join(telling.call("GET", path).content.decode() for path in calls)
    assert {"secret-data", "secret-catalog", "secret-engine", "mia"} == set(
        re.findall(r"secret-data|secret-catalog|secret-engine|mia", told)
    )
    telling.log_in(USERS[role], PASSWORD)
    told = " ".join(telling.call("GET", path).content.decode() for path in calls)
    assert not re.findall(r"secret-data|secret-catalog|\bada\b", told)
    assert [row["username"] for row in telling.get("/users")] == [USERS[role]]
    assert {row["name"] for row in telling.get("/settings")} == {
        "IMAGEDEPOT_PLATFORM",
        "IMAGEDEPOT_MAX_DOWNLOADS",
        "IMAGEDEPOT_BANDWIDTH",
        "IMAGEDEPOT_KEEP_BLOBS",
        "IMAGEDEPOT_LOG_LEVEL",
    }
    system = telling.get("/system")
    assert {store["address"] for store in system["stores"]} == {None}
    assert system["engines_seen"] == []
    assert system["role"] == role.value
    assert telling.get("/limits")["source"] is None


def test_a_role_is_given_and_changed_by_name_or_by_the_older_flag(changing: Face) -> None:
    changing.log_in("ada", PASSWORD)
    given: list[tuple[dict[str, Any], str]] = [
        ({}, "viewer"),
        ({"is_admin": True}, "administrator"),
        ({"is_admin": False}, "viewer"),
        ({"role": "member"}, "member"),
        ({"role": "member", "is_admin": False}, "member"),
        ({"role": "administrator", "is_admin": True}, "administrator"),
    ]
    for number, (told, role) in enumerate(given):
        row = changing.post("/users", {"username": f"user{number}", "password": PASSWORD, **told})
        assert (row["role"], row["is_admin"]) == (role, role == "administrator")
    wrongs: list[dict[str, Any]] = [{"role": "king"}, {"role": 7}, {"role": "member", "is_admin": True}]
    for wrong in wrongs:
        answered = changing.call("POST", "/users", {"username": "eve", "password": PASSWORD, **wrong})
        assert answered.status == 400, wrong
    assert changing.call("PATCH", "/users/bob", {"role": "member"}).json["role"] == "member"
    changing.log_in("mia", PASSWORD)
    wanted = {"password": "another horse", "current_password": PASSWORD}
    assert changing.call("PATCH", "/users/mia", {**wanted, "role": "administrator"}).status == 403
    assert changing.call("PATCH", "/users/bob", wanted).status == 403
