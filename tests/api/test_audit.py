"""The audit trail over the API: what leaves an event, who reads it, and in which forms."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from imagedepot.api.audit.actions import action_of
from imagedepot.api.v1.operations import operations
from imagedepot.app import parts_of
from imagedepot.model.access.audit import AuditEvent, AuditOutcome
from imagedepot.model.access.scope import Scope
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.api.test_roles import FILLED, JUDGED, TABLE

CHANGES = [name for name, _ in TABLE if not name.startswith("GET ")] + sorted(JUDGED)


@pytest.fixture
def ada(changing: Face) -> Face:
    """With users, and the administrator logged in."""
    assert changing.log_in("ada", PASSWORD).status == 200
    return changing


def newest(face: Face, **filters: str) -> dict[str, Any]:
    return events(face, **filters)[0]


def events(face: Face, **filters: str) -> list[dict[str, Any]]:
    face.services.audit.flush(60)
    query = "&".join(f"{key}={value}" for key, value in filters.items())
    return list(face.get(f"/audit?{query}"))


def test_every_change_leaves_an_event_with_a_name_of_its_own(ada: Face) -> None:
    known = {
        f"{each.method} {each.address.removeprefix('/api/v1')}": each for each in operations(parts_of(ada.services))
    }
    for name in CHANGES:
        if name == "PUT /logout" or not action_of(known[name]):
            continue
        method, _, template = name.partition(" ")
        path = re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], template)
        answered = ada.call(method, path, b"[]")
        event = newest(ada)
        assert event["action"] == action_of(known[name]), name
        assert event["request"] == answered.headers["x-request-id"]
        assert event["actor"] == "ada"
        assert event["outcome"] == ("done" if answered.status < 400 else "failed"), event
        if answered.status >= 400:
            assert event["error"] == answered.message


def test_an_event_says_who_did_what_when_from_where_with_what_outcome(ada: Face) -> None:
    ada.post("/users", {"username": "eve", "password": "battery staple 9", "role": "member"})
    event = newest(ada)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.pop("time"))
    assert int(event.pop("id")) > 0
    assert len(event.pop("request")) == 16
    assert event == {
        "actor": "ada",
        "token": "",
        "address": "127.0.0.1",
        "action": "user.add",
        "target": "eve",
        "outcome": "done",
        "detail": "username=eve role=member",
        "error": "",
    }


def test_no_password_and_no_secret_is_in_an_event(ada: Face) -> None:
    secrets = ["battery staple 9", "correct horse 10", "hunter2"]
    ada.post("/users", {"username": "eve", "password": secrets[0]})
    ada.call("PATCH", "/users/eve", {"password": secrets[1]})
    ada.call("PUT", "/registries/127.0.0.1:9", {"username": "eve", "password": secrets[2]})
    ada.call("POST", "/login", {"username": "eve", "password": secrets[2]})
    secrets.append(ada.post("/tokens", {"name": "ci", "scopes": ["read"]})["token"])
    assert ada.services.audit.flush(60)
    with ada.opened("GET", "/audit/csv") as response:
        text = response.read().decode()
    assert text.count("eve") > 3
    assert [secret for secret in secrets if secret in text] == []


def test_no_login_in_the_address_of_a_setting_is_in_an_event_or_the_log(
    ada: Face, caplog: pytest.LogCaptureFixture
) -> None:
    for setting, value in (
        ("CATALOGS", "https://eve:S3CRET@x.example/c.json,https://y.example/c.json?sig=S3CRET"),
        ("BLOBS", "s3://eve:S3CRET@bucket/prefix"),
    ):
        with caplog.at_level("INFO"):
            refused = ada.call("PUT", f"/settings/IMAGEDEPOT_{setting}", {"value": value})
        assert refused.status in (400, 409)
        event = newest(ada)
        assert "…@" in event["detail"]
        assert "S3CRET" not in f"{event}{refused.message}{caplog.text}"


def test_no_login_in_the_address_of_a_catalog_is_in_an_event_or_the_log(
    ada: Face, caplog: pytest.LogCaptureFixture
) -> None:
    address = "https://eve:S3CRET@x.example/c.json?sig=S3CRET"
    with caplog.at_level("INFO"):
        assert ada.call("POST", "/catalogs", {"address": address}).status == 400
        assert ada.call("DELETE", f"/catalogs?{urlencode({'address': address})}").status == 404
    found = events(ada, action="catalog")
    assert [each["target"] for each in found] == ["https://…@x.example/c.json?…"] * 2
    assert "S3CRET" not in f"{found}{caplog.text}"


def test_logins_are_there_and_refused_ones_with_the_name_that_was_tried(ada: Face) -> None:
    ada.call("POST", "/login", {"username": "bob", "password": "wrong"})
    ada.call("POST", "/login", {"username": "nobody-here", "password": "wrong"})
    for _ in range(30):  # where checks of passwords are slow, the first waits are over before the next try
        if ada.call("POST", "/login", {"username": "mia", "password": "wrong"}).status == 429:
            break
    found = [(each["actor"], each["outcome"], each["error"]) for each in events(ada, action="login")]
    assert found[-1] == ("ada", "done", "")
    assert ("bob", "refused", "Wrong user name or password") in found
    assert ("nobody-here", "refused", "Wrong user name or password") in found
    assert found[0][:2] == ("mia", "refused")
    assert found[0][2].startswith("Too many failed logins")
    ada.call("PUT", "/logout")
    ada.log_in("ada", PASSWORD)
    assert newest(ada, action="logout")["actor"] == "ada"


def test_a_sign_in_at_an_identity_provider_is_a_login_and_its_begin_is_no_event(changing: Face) -> None:
    for path in ("/session/openid", "/session/openid/finish"):
        assert changing.call("POST", path, {"state": "x", "code": "y"}).status >= 400
    changing.log_in("ada", PASSWORD)
    _, tried, *rest = events(changing)
    assert rest == []
    assert (tried["action"], tried["actor"], tried["outcome"]) == ("login", "nobody", "failed")


def test_what_a_token_did_names_the_token(ada: Face) -> None:
    added = ada.post("/tokens", {"name": "ci", "scopes": ["admin"]})
    bearer = {"Authorization": f"Bearer {added['token']}", "Cookie": ""}
    ada.cookie, cookie = "", ada.cookie
    ada.call("DELETE", "/users/bob", headers=bearer)
    ada.cookie = cookie
    event = newest(ada, action="user.remove")
    assert (event["actor"], event["token"], event["target"]) == ("ada", added["id"], "bob")


def test_changes_that_the_guard_or_the_role_refuses_are_there(ada: Face) -> None:
    cookie, ada.cookie = ada.cookie, ""
    ada.call("DELETE", "/users/ada")
    ada.call("DELETE", "/users/ada", headers={"Origin": "https://evil.example"})
    ada.log_in("bob", PASSWORD)
    ada.call("DELETE", "/users/ada")
    ada.cookie = cookie
    by_role, _, foreign, unknown = events(ada, limit="4")
    assert (by_role["actor"], by_role["action"], by_role["outcome"]) == ("bob", "user.remove", "refused")
    assert (foreign["actor"], foreign["action"], foreign["outcome"]) == ("", "request", "refused")
    assert foreign["target"] == unknown["target"] == "DELETE /api/v1/users/ada"
    assert unknown["error"] == "Log in first"


def test_a_download_that_is_asked_for_and_an_image_that_is_removed_are_named(ada: Face) -> None:
    ada.call("POST", "/image/dockerhub/docker/lab/app/1/download")
    assert newest(ada, action="download")["target"] == "lab/app:1"
    digest = f"sha256:{'0' * 64}"
    ada.call("POST", f"/image/dockerhub/docker/lab/app/{digest}/download")
    assert newest(ada, action="download")["target"] == f"lab/app@{digest}"
    ada.call("DELETE", "/image/local/docker/lab/app:1")
    assert newest(ada, action="image")["target"] == "lab/app:1"


def test_an_archive_that_is_uploaded_is_found_among_what_happens_to_images(ada: Face) -> None:
    assert ada.call("POST", "/images/import", b"no archive").status == 400
    assert [each["action"] for each in events(ada, action="image")] == ["image.load"]


def test_a_rule_for_updates_is_named_with_what_it_says_and_a_preview_is_no_event(ada: Face) -> None:
    ada.call("PUT", "/updates/rules/redis", {"action": "notify", "versions": "^7.2"})
    ada.call("DELETE", "/updates/rules/redis")
    ada.post("/updates/preview", {})
    removed, put = events(ada, limit="2")
    assert (put["action"], put["target"], put["outcome"]) == ("updates.put_rule", "redis", "done")
    assert put["detail"] == "action=notify versions=^7.2 every=1d"
    assert (removed["action"], removed["target"]) == ("updates.remove_rule", "redis")


def test_filters_and_pages_fit_together(ada: Face) -> None:
    for name in ("one", "two", "three"):
        ada.call("DELETE", f"/users/{name}")
    first = events(ada, action="user", outcome="failed", limit="2")
    assert [each["target"] for each in first] == ["three", "two"]
    rest = events(ada, action="user", outcome="failed", limit="2", before=first[-1]["id"])
    assert [each["target"] for each in rest] == ["one"]
    assert [each["target"] for each in events(ada, actor="ada", text="TWO")] == ["two"]
    today = first[0]["time"][:10]
    assert len(events(ada, action="user", since=today, until=today)) == 3
    assert events(ada, since="2200-01-01") == []
    assert events(ada, until="2000-01-01") == []


@pytest.mark.parametrize(
    "query", ["outcome=perhaps", "since=yesterday", "until=2026-13-01", "before=x", "limit=0", "limit=1001", "limit=x"]
)
def test_a_query_that_is_not_understood_is_refused(face: Face, query: str) -> None:
    for path in ("/audit", "/audit/csv", "/audit/json")[: 1 if "limit" in query else 3]:
        assert face.call("GET", f"{path}?{query}").status == 400, path


def test_csv_and_json_hold_all_that_fits(ada: Face) -> None:
    trail = ada.services.audit
    for number in range(1500):
        trail.record(AuditEvent.by_owner("user.add", f"user {number}"))
    assert trail.flush(60)
    with ada.opened("GET", "/audit/csv?action=user") as response:
        assert response.status == 200
        assert response.headers["content-disposition"] == 'attachment; filename="imagedepot-audit.csv"'
        rows = list(csv.DictReader(io.StringIO(response.read().decode())))
    assert [row["target"] for row in rows] == [f"user {number}" for number in range(1499, -1, -1)]
    answered = ada.call("GET", "/audit/json?action=user")
    assert answered.headers["content-disposition"] == 'attachment; filename="imagedepot-audit.json"'
    assert [row["target"] for row in answered.json] == [row["target"] for row in rows]
    assert answered.json[0].keys() == rows[0].keys()
    assert ada.call("GET", "/audit/json?actor=absent").json == []


def test_a_spreadsheet_runs_nothing_that_a_stranger_wrote(ada: Face) -> None:
    for name in ('=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)"):
        ada.call("POST", "/login", {"username": name, "password": "wrong"})
    assert ada.services.audit.flush(60)
    with ada.opened("GET", "/audit/csv?action=login&outcome=refused") as response:
        rows = list(csv.DictReader(io.StringIO(response.read().decode())))
    assert [row["actor"] for row in rows] == ["'@SUM(A1)", "'-1", "'+1", '\'=HYPERLINK("https://evil.example")']


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Face]:
    """A database that another process keeps locked, from when the service has started."""
    with Face(tmp_path, **NOBODY) as face:
        face.services.audit.flush(60)
        with closing(sqlite3.connect(tmp_path / "imagedepot.db", isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield face
            connection.execute("ROLLBACK")


def test_a_locked_database_neither_slows_nor_fails_a_call_that_is_audited(locked: Face) -> None:
    began = time.monotonic()
    for _ in range(20):
        assert locked.call("POST", "/catalogs/refresh").status == 200
    assert time.monotonic() - began < 8  # each would wait ten seconds for the lock


def test_what_is_too_old_goes_when_the_setting_says_so(face: Face) -> None:
    face.services.audit.record(AuditEvent.by_owner("user.add", "somebody"))
    assert newest(face, action="user.add")["target"] == "somebody"
    face.call("PUT", "/settings/IMAGEDEPOT_AUDIT_DAYS", {"value": "0"})
    limit = time.monotonic() + 60
    while events(face):
        assert time.monotonic() < limit
    face.call("DELETE", "/settings/IMAGEDEPOT_AUDIT_DAYS")
    assert newest(face)["action"] == "setting.reset"


def test_administrators_alone_read_it(changing: Face) -> None:
    access = changing.services.access
    for role in ("mia", "bob"):
        changing.log_in(role, PASSWORD)
        for path in ("/audit", "/audit/csv", "/audit/json"):
            assert changing.call("GET", path).status == 403
    changing.cookie = ""
    token = access.add_token(access.owner(), "siem", [Scope.READ], ["*"], None, "ada")[1]
    assert changing.call("GET", "/audit", headers={"Authorization": f"Bearer {token}"}).status == 403
    assert changing.call("GET", "/audit").status == 401


def test_outcomes_are_told_apart_by_the_status() -> None:
    assert {AuditOutcome.of(status) for status in (200, 201, 304)} == {AuditOutcome.DONE}
    assert {AuditOutcome.of(status) for status in (401, 403, 421, 429)} == {AuditOutcome.REFUSED}
    assert {AuditOutcome.of(status) for status in (400, 404, 409, 500, 507)} == {AuditOutcome.FAILED}
