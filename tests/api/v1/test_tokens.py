"""Access tokens: what they open, for which repositories, how long, and what is kept of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import PASSWORD
from tests.api.face import Face

STATUS = "/image/downloadstatus"
EXPIRES = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0).isoformat()


@pytest.fixture
def ada(closed: Face) -> Iterator[Face]:
    """The shared face with the administrator logged in; no token stays."""
    closed.log_in("ada", PASSWORD)
    session = closed.cookie
    yield closed
    closed.cookie = session
    for row in closed.get("/tokens"):
        closed.call("DELETE", f"/tokens/{row['id']}")
    closed.cookie = ""


def added(face: Face, *scopes: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = face.post("/tokens", {"name": "ci", "scopes": list(scopes), **more})
    return row


def bearer(row: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {row['token']}", "Cookie": ""}


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}", "Cookie": ""}


def test_a_token_is_shown_once_and_listed_without_its_secret(ada: Face) -> None:
    row = added(ada, "read", "download", repositories=["ghcr.io/owner/*"], expires=EXPIRES)
    secret = row.pop("token")
    assert len(secret) > 43
    assert {**row, "id": "", "created": ""} == {
        "id": "",
        "name": "ci",
        "username": "ada",
        "scopes": ["read", "download"],
        "repositories": ["ghcr.io/owner/*"],
        "expires": EXPIRES.replace("+00:00", "Z"),
        "created": "",
        "last_used": None,
    }
    assert ada.get("/tokens") == [row]
    assert secret not in ada.call("GET", "/tokens").content.decode()


def test_it_is_taken_as_bearer_and_as_its_users_password(ada: Face) -> None:
    row = added(ada, "read")
    for headers in (
        bearer(row),
        {**bearer(row), "Authorization": f"bearer {row['token']}"},
        basic("ada", row["token"]),
    ):
        assert ada.call("GET", STATUS, headers=headers).status == 200
        assert ada.call("GET", "/system", headers=headers).json["username"] == "ada"
    assert ada.get("/tokens")[0]["last_used"] is not None


@pytest.mark.parametrize("wrong", ["", "idt_", "Bearer", "Bearer ", "Bearer idt_wrong", "Basic !!!", "Digest x", "é"])
def test_what_is_no_token_opens_nothing(ada: Face, wrong: str) -> None:
    added(ada, "admin")
    answered = ada.call("GET", STATUS, headers={"Authorization": wrong.encode().decode("latin-1"), "Cookie": ""})
    assert answered.status == 401
    if wrong:
        assert (answered.message, answered.headers["www-authenticate"]) == ("This is no valid access token", "Bearer")


def test_neither_a_password_nor_anothers_name_does(ada: Face) -> None:
    row = added(ada, "admin")
    for headers in (basic("ada", PASSWORD), basic("bob", row["token"]), basic("", row["token"])):
        assert ada.call("GET", STATUS, headers=headers).status == 401
    assert ada.call("GET", STATUS, headers={**basic("ada", "a proxy's own"), "Cookie": ada.cookie}).status == 200


CLEANUP = ("POST", "/space/cleanup")


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (("pull",), []),
        (("push",), []),
        (("read",), [("GET", STATUS)]),
        (("download",), [("GET", STATUS), ("DELETE", "/downloads/99")]),
        (("admin",), [("GET", STATUS), ("DELETE", "/downloads/99"), CLEANUP, ("GET", "/tokens")]),
    ],
)
def test_a_scope_opens_what_it_says_and_no_more(ada: Face, scopes: tuple[str, ...], allowed: list[Any]) -> None:
    row = added(ada, *scopes)
    for method, path in (("GET", STATUS), ("DELETE", "/downloads/99"), CLEANUP, ("GET", "/tokens")):
        status = ada.call(method, path, headers=bearer(row)).status
        assert (status == 403) is ((method, path) not in allowed), (path, status)


def test_a_token_never_does_more_than_its_user_may(changing: Face) -> None:
    changing.log_in("mia", PASSWORD)
    answered = changing.call("POST", "/tokens", {"name": "x", "scopes": ["admin"]})
    assert answered.message == "mia is a member, whose token cannot have the scope admin"
    mine = added(changing, "download")
    changing.log_in("ada", PASSWORD)
    assert changing.call("DELETE", "/downloads/99", headers=bearer(mine)).status == 404
    changing.call("PATCH", "/users/mia", {"role": "viewer"})
    assert changing.call("DELETE", "/downloads/99", headers=bearer(mine)).status == 403
    assert changing.call("GET", STATUS, headers=bearer(mine)).status == 200
    changing.call("DELETE", "/users/mia")
    assert changing.call("GET", STATUS, headers=bearer(mine)).status == 401
    changing.post("/users", {"username": "mia", "password": PASSWORD})
    assert changing.call("GET", STATUS, headers=bearer(mine)).status == 401, "not even of a new user of that name"


def test_a_token_reaches_its_repositories_alone(ada: Face) -> None:
    row = added(ada, "read", "download", repositories=["lab/*", "redis", "debian/*"])
    here = bearer(row)
    for path, status in {
        "/image/docker/lab/app/1/inspect": 404,
        "/image/docker/docker.io/lab/app/1/inspect": 404,
        "/image/docker/redis/7/inspect": 404,
        "/image/docker/library/redis/7/inspect": 404,
        "/image/lxc/debian/bookworm/default/inspect": 404,
        "/image/docker/labs/app/1/inspect": 403,
        "/image/docker/ghcr.io/lab/app/1/inspect": 403,
        "/image/docker/postgres/7/inspect": 403,
        "/image/lxc/alpine/edge/default/inspect": 403,
        "/image/docker/LAB/../x/1/inspect": 400,
    }.items():
        assert ada.call("GET", path, headers=here).status == status, path
    for path in ("/image", STATUS, "/downloads", "/downloads/events", "/space", "/settings", "/users"):
        assert ada.call("GET", path, headers=here).status == 403, path
    assert ada.call("GET", "/system", headers=here).status == 200
    assert ada.call("POST", "/image/dockerhub/docker/postgres/7/download", headers=here).status == 403


def test_a_download_of_another_repository_is_not_reported(ada: Face) -> None:
    ada.post("/image/dockerhub/docker/other/app/1/download")
    id_ = ada.get("/downloads")[0]["id"]
    mine, others = added(ada, "download", repositories=["lab/*"]), added(ada, "download", repositories=["other/*"])
    for method, path in (
        ("GET", f"/downloads/{id_}"),
        ("POST", f"/downloads/{id_}/retry"),
        ("DELETE", f"/downloads/{id_}"),
    ):
        assert ada.call(method, path, headers=bearer(mine)).status == 403
        assert ada.call(method, path, headers=bearer(others)).status == 200
    ada.call("DELETE", f"/downloads/{id_}")


def test_a_revoked_or_expired_token_is_refused_at_once(ada: Face) -> None:
    row = added(ada, "read")
    ada.call("DELETE", f"/tokens/{row['id']}")
    assert ada.call("GET", STATUS, headers=bearer(row)).status == 401
    assert ada.call("DELETE", f"/tokens/{row['id']}").status == 404


def test_tokens_extend_no_rights_and_users_see_their_own(changing: Face) -> None:
    changing.log_in("ada", PASSWORD)
    hers = added(changing, "download", "read")
    for method, path in (
        ("GET", "/tokens"),
        ("POST", "/tokens"),
        ("DELETE", f"/tokens/{hers['id']}"),
        ("PATCH", "/users/ada"),
    ):
        assert changing.call(method, path, {"name": "x", "scopes": ["admin"]}, bearer(hers)).status == 403, path
    changing.log_in("bob", PASSWORD)
    mine = added(changing, "read")
    assert [row["id"] for row in changing.get("/tokens")] == [mine["id"]]
    assert changing.call("DELETE", f"/tokens/{hers['id']}").status == 404
    assert changing.call("POST", "/tokens", {"name": "x", "scopes": ["read"], "username": "ada"}).status == 403
    changing.log_in("ada", PASSWORD)
    assert added(changing, "read", username="bob")["username"] == "bob"
    assert len(changing.get("/tokens")) == 3


@pytest.mark.parametrize("id_", ["abc", "%C2%B2", "0", "9" * 5000])
def test_what_is_no_id_names_no_token(ada: Face, id_: str) -> None:
    assert ada.call("DELETE", f"/tokens/{id_}").status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["king"]},
        {"repositories": []},
        {"repositories": ["a b"]},
        {"repositories": ["*"] * 51},
        {"repositories": ["x" * 256]},
        {"expires": "2020-01-01T00:00:00Z"},
        {"expires": "tomorrow"},
        {"expires": "9999-12-31T23:59:59-23:00"},
    ],
)
def test_what_is_no_token_to_have_is_refused(ada: Face, wrong: dict[str, Any]) -> None:
    assert ada.call("POST", "/tokens", {"name": "ci", "scopes": ["read"], **wrong}).status == 400
    assert ada.get("/tokens") == []


def test_while_no_user_is_defined_there_is_no_token_to_have(face: Face) -> None:
    answered = face.call("POST", "/tokens", {"name": "ci", "scopes": ["read"]})
    assert answered.message == "No user is defined, so no call needs an access token; add a user first"
    assert face.call("GET", STATUS, headers={"Authorization": "Bearer idt_x"}).status == 200


def test_an_export_takes_a_token_that_may_pull_and_is_for_the_image(ada: Face) -> None:
    looks = added(ada, "read")
    elsewhere = added(ada, "read", "pull", repositories=["ghcr.io/owner/*"])
    pulls = added(ada, "read", "pull", repositories=["lab/*"])
    for path in ("/image/docker/lab/absent/1/export", "/images/export?name=lab/absent:1"):
        assert [ada.call("GET", path, headers=bearer(each)).status for each in (looks, elsewhere, pulls)] == [
            403,
            403,
            404,
        ]
