"""Pushes, deletions and logins at `/v2/` are in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.access.audit import AuditEvent, AuditOutcome, AuditQuery
from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.registry.access.login_events import LoginEvents
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.registry.asking import ask
from tests.registry.test_push_access import DIGEST, LAYER, basic

MANIFEST = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def face(tmp_path: Path) -> Iterator[Face]:
    with Face(tmp_path, **NOBODY) as running:
        for name, role in (("ada", Role.ADMIN), ("mia", Role.MEMBER), ("vic", Role.VIEWER)):
            running.services.access.add(name, PASSWORD, role)
        yield running


def events(face: Face, action: str = "") -> list[AuditEvent]:
    assert face.services.audit.flush(60)
    return list(face.services.audit.find(AuditQuery(action=action), 100))


def push(face: Face, by: str, label: str = "1", body: bytes = MANIFEST) -> int:
    headers = {"Authorization": by, "Content-Type": INDEX}
    return ask(face, f"team/app/manifests/{label}", "PUT", body, **headers).status


def test_a_push_and_a_deletion_name_user_image_and_request(face: Face) -> None:
    assert push(face, basic("mia")) == 201
    answered = ask(face, "team/app/manifests/1", "DELETE", Authorization=basic("ada"))
    assert answered.status == 202
    deleted, pushed = events(face, "image")
    assert (pushed.actor, pushed.action, pushed.target) == ("mia", "image.push", "team/app:1")
    assert (deleted.actor, deleted.action, deleted.target) == ("ada", "image.delete", "team/app:1")
    assert {pushed.outcome, deleted.outcome} == {AuditOutcome.DONE}
    assert {pushed.address, deleted.address} == {"127.0.0.1"}
    assert deleted.request == answered.headers["x-request-id"]


def test_a_blob_is_an_event_when_it_is_deleted_and_when_it_is_refused(face: Face) -> None:
    uploads = f"team/app/blobs/uploads/?digest={DIGEST}"
    assert ask(face, uploads, "POST", LAYER, Authorization=basic("mia")).status == 201
    assert events(face, "blob") == []
    assert ask(face, uploads, "POST", LAYER, Authorization=basic("vic")).status == 403
    assert ask(face, f"team/app/blobs/{DIGEST}", "DELETE", Authorization=basic("ada")).status == 202
    deleted, refused = events(face, "blob")
    assert (deleted.action, deleted.target) == ("blob.delete", f"team/app@{DIGEST}")
    assert (refused.actor, refused.action, refused.target) == ("vic", "blob.push", "team/app")
    assert refused.outcome is AuditOutcome.REFUSED


def test_what_is_refused_or_fails_says_why(face: Face) -> None:
    assert push(face, basic("vic")) == 403
    assert push(face, basic("mia"), body=b"no manifest") == 400
    failed, refused = events(face, "image")
    assert (refused.actor, refused.outcome) == ("vic", AuditOutcome.REFUSED)
    assert refused.error == "Only a member or an administrator may do this"
    assert (failed.actor, failed.outcome) == ("mia", AuditOutcome.FAILED)
    assert failed.error


def test_a_push_by_an_access_token_names_the_token(face: Face) -> None:
    access = face.services.access
    token, secret = access.add_token(access.owner(), "ci", [Scope.PUSH], ["*"], None, "mia")
    assert push(face, basic("mia", secret)) == 201
    assert (events(face)[0].actor, events(face)[0].token) == ("mia", str(token.id))


def test_logins_with_a_password_are_there_once_an_hour_and_every_refused_one(face: Face) -> None:
    for _ in range(3):
        assert ask(face, "token?service=x", Authorization=basic("mia")).status == 200
        assert ask(face, "token?service=x", Authorization=basic("mia", "wrong")).status == 401
    logins = events(face, "login")
    assert [each.outcome for each in logins].count(AuditOutcome.DONE) == 1
    refused = [each for each in logins if each.outcome is AuditOutcome.REFUSED]
    assert [(each.actor, each.error) for each in refused] == [("mia", "Wrong user name or password")] * 3


def test_pulls_are_no_events(face: Face) -> None:
    push(face, basic("mia"))
    before = len(events(face))
    for method in ("GET", "HEAD"):
        assert ask(face, "team/app/manifests/1", method, Authorization=basic("mia")).status == 200
    assert len(events(face)) == before


def test_a_login_counts_again_after_an_hour_and_few_are_remembered() -> None:
    now, kept = 0.0, list[AuditEvent]()
    logins = LoginEvents(kept.append, lambda: now)
    for moment in (0.0, 3599.0, 3600.0):
        now = moment
        logins.succeeded("ada", "192.0.2.1")
    assert len(kept) == 2
    logins.succeeded("ada", "192.0.2.2")
    assert len(kept) == 3
    for number in range(5000):
        logins.succeeded("ada", f"host{number}")
    assert len(logins) == 1000
