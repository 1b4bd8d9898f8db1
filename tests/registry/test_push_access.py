"""Who may push, delete and see what, by name and password, by access token, and by the tokens of `/v2/token`."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from imagedepot.model.digest import Digest
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.registry.asking import Answer, ask
from tests.registry.test_push import image

LAYER = b"a layer that is not for everybody"
DIGEST = Digest.of(LAYER)
USERS = {"ada": Role.ADMIN, "mia": Role.MEMBER, "vic": Role.VIEWER}


@dataclass
class Registry:
    """A service with an administrator, a member and a viewer; `team/app:1` and `team/secret:1` are there."""

    face: Face

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, by: str = "", **headers: str) -> Answer:
        sent = {"Authorization": by, **headers} if by else headers
        return ask(self.face, path, method, body, **sent)

    def token(self, by: str, *scopes: str) -> str:
        query = "&".join(f"scope={quote(each)}" for each in scopes)
        answer = self.ask(f"token?service=x&{query}", by=by)
        assert answer.status == 200, answer.content
        return f"Bearer {answer.json['token']}"

    def machine(self, scopes: list[Scope], patterns: list[str], user: str = "ada") -> str:
        access = self.face.services.access
        _, secret = access.add_token(access.owner(), "ci", scopes, patterns, None, user)
        return basic(user, secret)


def basic(user: str, secret: str = PASSWORD) -> str:
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with Face(tmp_path_factory.mktemp("access"), **NOBODY) as face:
        for name in ("team/app", "team/secret"):
            ask(face, f"{name}/blobs/uploads/?digest={DIGEST}", "POST", LAYER)
            raw = json.dumps(image(face, name)).encode()
            ask(face, f"{name}/manifests/1", "PUT", raw, Content_Type=json.loads(raw)["mediaType"])
        for name, role in USERS.items():
            face.services.access.add(name, PASSWORD, role)
        yield Registry(face)


def status(registry: Registry, by: str, name: str = "team/app") -> dict[str, int]:
    """What a caller reads when they pull, push and delete."""
    return {
        "pull": registry.ask(f"{name}/manifests/1", by=by).status,
        "push": registry.ask(f"{name}/blobs/uploads/", "POST", b"", by=by).status,
        "delete": registry.ask(f"{name}/manifests/none", "DELETE", by=by).status,
    }


def test_viewers_pull_members_push_administrators_delete(registry: Registry) -> None:
    assert status(registry, basic("vic")) == {"pull": 200, "push": 403, "delete": 403}
    assert status(registry, basic("mia")) == {"pull": 200, "push": 202, "delete": 403}
    assert status(registry, basic("ada")) == {"pull": 200, "push": 202, "delete": 404}
    assert status(registry, "") == {"pull": 401, "push": 401, "delete": 401}


def test_the_challenge_names_the_address_that_the_client_used_and_what_to_ask_for(registry: Registry) -> None:
    answer = registry.ask("team/app/blobs/uploads/", "POST", b"", Host="nas.lan:8443")
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="http://nas.lan:8443/v2/token",service="nas.lan:8443",scope="repository:team/app:pull,push"'
    )
    assert "scope" not in registry.ask("").headers["www-authenticate"]


def test_a_public_address_stands_in_the_challenge(tmp_path: Path) -> None:
    with Face(tmp_path, public_url="https://depot.example", **NOBODY) as face:
        face.services.access.add("ada", PASSWORD, Role.ADMIN)
        assert 'realm="https://depot.example/v2/token"' in ask(face, "").headers["www-authenticate"]


def test_a_token_is_for_what_was_asked_for_and_what_its_user_may(registry: Registry) -> None:
    for user, pushes in (("vic", 403), ("mia", 202)):
        token = registry.token(basic(user), "repository:team/app:pull,push,delete")
        assert status(registry, token) == {"pull": 200, "push": pushes, "delete": 403}
        assert status(registry, token, "team/secret")["pull"] == 401
        assert registry.ask("", by=token).status == 200
    pull = registry.token(basic("mia"), "repository:team/app:pull")
    refused = registry.ask("team/app/blobs/uploads/", "POST", b"", by=pull)
    assert refused.status == 401
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


def test_a_form_gives_a_token_too(registry: Registry) -> None:
    form = f"grant_type=password&username=mia&password={quote(PASSWORD)}&scope=repository:team/app:pull"
    answer = registry.ask("token", "POST", form.encode())
    assert registry.ask("team/app/tags/list", by=f"Bearer {answer.json['access_token']}").status == 200
    assert registry.ask("token", "POST", form.replace("mia", "eve").encode()).status == 401
    assert registry.ask("token", "POST", b"grant_type=refresh_token").code == "UNSUPPORTED"
    assert registry.ask("token", "PUT", b"").code == "UNSUPPORTED"


def test_a_token_that_was_made_or_changed_by_others_is_none(registry: Registry) -> None:
    token = registry.token(basic("vic"), "repository:team/app:pull")
    content, _, signature = token.removeprefix("Bearer ").partition(".")
    payload = base64.urlsafe_b64decode(content + "==").replace(b'"vic"', b'"ada"')
    forged = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    for text in (f"{forged}.{signature}", content, f"{content}.", "a.b", "", "x" * 9000, f"{token}x"[7:]):
        assert registry.ask("team/app/tags/list", by=f"Bearer {text}").status == 401


def test_a_token_ends_with_the_password_and_with_the_user(registry: Registry) -> None:
    access = registry.face.services.access
    access.add("tom", PASSWORD, Role.MEMBER)
    token = registry.token(basic("tom"), "repository:team/app:pull,push")
    access.change("tom", role=Role.VIEWER)
    assert status(registry, token) == {"pull": 200, "push": 403, "delete": 403}
    access.change("tom", "another long password")
    assert registry.ask("team/app/tags/list", by=token).status == 401
    token = registry.token(basic("tom", "another long password"), "repository:team/app:pull")
    access.remove("tom")
    assert registry.ask("team/app/tags/list", by=token).status == 401


def test_an_access_token_reaches_only_its_patterns(registry: Registry) -> None:
    machine = registry.machine([Scope.PUSH], ["team/app"])
    for by in (machine, registry.token(machine, "repository:team/app:pull,push", "repository:team/secret:pull,push")):
        assert status(registry, by) == {"pull": 200, "push": 202, "delete": 403}
        assert status(registry, by, "team/secret") == {"pull": 403, "push": 403, "delete": 403}
        for path in (f"team/secret/blobs/{DIGEST}", f"team/secret/referrers/{DIGEST}", "team/secret/tags/list"):
            assert registry.ask(path, by=by).code == "DENIED"
        mount = f"team/app/blobs/uploads/?mount={Digest.of(b'only in secret')}"
        assert registry.ask(f"{mount}&from=team/secret", "POST", b"", by=by).status == 202
        assert registry.ask("_catalog", by=by).json["repositories"] == ["depot.internal/team/app"]


def test_nothing_is_mounted_from_where_the_caller_may_not_pull(registry: Registry) -> None:
    secret = b"only in secret"
    registry.ask(f"team/secret/blobs/uploads/?digest={Digest.of(secret)}", "POST", secret, by=basic("ada"))
    machine = registry.machine([Scope.PUSH], ["team/app"])
    for query in (f"?mount={Digest.of(secret)}&from=team/secret", f"?mount={Digest.of(secret)}"):
        assert registry.ask(f"team/app/blobs/uploads/{query}", "POST", b"", by=machine).status == 202
        assert registry.ask(f"team/app/blobs/uploads/{query}", "POST", b"", by=basic("mia")).status == 201
        registry.ask(f"team/app/blobs/{Digest.of(secret)}", "DELETE", by=basic("ada"))


def test_an_access_token_that_may_only_pull_does_not_push(registry: Registry) -> None:
    assert status(registry, registry.machine([Scope.PULL], ["*"])) == {"pull": 200, "push": 403, "delete": 403}
    assert status(registry, registry.machine([Scope.ADMIN], ["*"])) == {"pull": 200, "push": 202, "delete": 404}
    assert status(registry, registry.machine([Scope.READ], ["*"])) == {"pull": 403, "push": 403, "delete": 403}


def test_a_revoked_access_token_takes_the_tokens_made_with_it_along(registry: Registry) -> None:
    machine = registry.machine([Scope.PULL], ["*"])
    token = registry.token(machine, "repository:team/app:pull")
    access = registry.face.services.access
    access.remove_token(access.owner(), str(max(each.id for each in access.tokens.all())))
    assert registry.ask("team/app/tags/list", by=token).status == 401


def test_anonymous_callers_pull_only_where_the_setting_says_so(registry: Registry) -> None:
    assert registry.ask("token?scope=repository:team/app:pull").status == 401
    registry.face.services.changes.put("IMAGEDEPOT_ANONYMOUS_PULL", "yes")
    try:
        assert registry.ask("").status == 401  # so that clients which have a login send it
        token = registry.token("", "repository:team/app:pull,push")
        for by in ("", token):
            assert registry.ask("team/app/manifests/1", by=by).status == 200
            assert registry.ask("team/app/blobs/uploads/", "POST", b"", by=by).status in (401, 403)
            assert registry.ask("team/app/manifests/1", "DELETE", by=by).status in (401, 403)
    finally:
        registry.face.services.changes.put("IMAGEDEPOT_ANONYMOUS_PULL", "no")
    assert registry.ask("team/app/manifests/1", by=token).status == 401


def test_each_push_and_delete_is_a_line_in_the_log(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    raw = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.example"}).encode()
    with caplog.at_level(logging.INFO, "imagedepot.audit"):
        registry.ask("team/app/manifests/audited", "PUT", raw, by=basic("ada"))
        registry.ask("team/app/manifests/audited", "DELETE", by=basic("ada"))
        registry.ask("team/app/manifests/audited", "DELETE", by=basic("mia"))
    lines = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(r"push by ada from 127\.0\.0\.1: team/app:audited \(sha256:\w{64}\)", lines[0])
    assert lines[1] == "delete by ada from 127.0.0.1: team/app:audited"
    assert lines[2].startswith("refused DELETE /v2/team/app/manifests/audited by mia from 127.0.0.1: ")
