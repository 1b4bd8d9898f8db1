"""Challenges, tokens and guards: what a fake demands, and what it takes (upstreams.md 2.1)."""

from __future__ import annotations

import base64

import pytest

from tests.fakes.asking import Got, ask
from tests.fakes.challenge import BAD_CHALLENGES, GOOD_CHALLENGES
from tests.fakes.guard import BasicGuard, BearerGuard
from tests.fakes.registry import FaultyRegistry
from tests.fakes.tokens import BAD_TOKEN_SHAPES, GOOD_TOKEN_SHAPES, TokenAuthority, TokenServer
from tests.ground.images import push_image, random_layer

ADA = "Basic " + base64.b64encode(b"ada:lovelace").decode()
WRONG = "Basic " + base64.b64encode(b"ada:babbage").decode()
SCOPE = "repository:lab/access:pull"


@pytest.fixture
def registry(faulty_registry: FaultyRegistry) -> FaultyRegistry:
    push_image(faulty_registry.upstream.url, "lab/access", "1", [random_layer(500)])
    faulty_registry.authority.accounts["ada"] = "lovelace"
    return faulty_registry


def tags(registry: FaultyRegistry, **headers: str) -> Got:
    return ask(f"{registry.url}/v2/lab/access/tags/list", **headers)


def token(registry: FaultyRegistry, scope: str = SCOPE, **headers: str) -> Got:
    return ask(f"{registry.url}/token?service=faulty-registry&scope={scope}", **headers)


def test_a_token_opens_what_its_scope_names(registry: FaultyRegistry) -> None:
    registry.require_token()
    refused = tags(registry)
    realm = f'realm="{registry.url}/token",service="faulty-registry",scope="{SCOPE}"'
    assert (refused.status, refused.challenges) == (401, [f"Bearer {realm}"])
    assert refused.json["errors"][0]["code"] == "UNAUTHORIZED"
    text = token(registry).json["token"]
    assert tags(registry, Authorization=f"Bearer {text}").json["tags"] == ["1"]
    other = token(registry, "repository:lab/other:pull").json["token"]
    assert 'error="insufficient_scope"' in tags(registry, Authorization=f"Bearer {other}").challenges[0]


def test_an_old_token_is_invalid(registry: FaultyRegistry) -> None:
    registry.require_token()
    text = token(registry).json["token"]
    registry.authority.advance(299)
    assert tags(registry, Authorization=f"Bearer {text}").status == 200
    registry.authority.advance(2)
    assert 'error="invalid_token"' in tags(registry, Authorization=f"Bearer {text}").challenges[0]


def test_wrong_credentials_get_no_token(registry: FaultyRegistry) -> None:
    assert token(registry, Authorization=WRONG).status == 401
    assert token(registry, Authorization=ADA).status == 200
    assert registry.authority.issued[-1].user == "ada"


def test_an_unknown_service_gets_no_token(registry: FaultyRegistry) -> None:
    assert ask(f"{registry.url}/token?service=other&scope={SCOPE}").status == 400


def test_what_may_not_be_pulled_is_missing_from_the_token_or_denied(registry: FaultyRegistry) -> None:
    registry.authority.may = lambda user, _repository, _action: user == "ada"
    assert token(registry).status == 200
    assert registry.authority.issued[-1].grants == frozenset()
    registry.authority.denies = True
    assert (token(registry).status, token(registry, Authorization=ADA).status) == (403, 200)


def test_a_server_may_look_at_the_first_scope_only(registry: FaultyRegistry) -> None:
    registry.authority.first_scope_only = True
    token(registry, "repository:a/b:pull&scope=repository:c/d:pull")
    assert registry.authority.issued[-1].grants == {("a/b", "pull")}


def test_basic_credentials_are_asked_for_on_every_request(registry: FaultyRegistry) -> None:
    registry.guard = BasicGuard({"ada": "lovelace"})
    assert tags(registry).challenges == ['Basic realm="Registry Realm"']
    assert tags(registry, Authorization=WRONG).status == 401
    assert tags(registry, Authorization=ADA).status == 200
    assert tags(registry).status == 401


def test_the_realm_may_be_on_another_host(registry: FaultyRegistry) -> None:
    with TokenServer(TokenAuthority(service="elsewhere")) as server:
        registry.guard = BearerGuard(server.authority, server.realm)
        assert f'realm="{server.url}/token"' in tags(registry).challenges[0]
        text = ask(f"{server.realm}?service=elsewhere&scope={SCOPE}").json["token"]
        assert tags(registry, Authorization=f"Bearer {text}").status == 200


@pytest.mark.parametrize("name", GOOD_CHALLENGES)
def test_a_good_challenge_names_realm_service_and_scope(registry: FaultyRegistry, name: str) -> None:
    registry.require_token(challenge=GOOD_CHALLENGES[name])
    written = " ".join(tags(registry).challenges)
    assert "bearer" in written.lower()
    for part in (f'"{registry.url}/token"', "faulty-registry", f'"{SCOPE}"'):
        assert part in written


@pytest.mark.parametrize("name", BAD_CHALLENGES)
def test_a_bad_challenge_is_a_401_all_the_same(registry: FaultyRegistry, name: str) -> None:
    registry.require_token(challenge=BAD_CHALLENGES[name])
    refused = tags(registry)
    assert refused.status == 401
    assert f'realm="{registry.url}/token"' not in " ".join(refused.challenges)


@pytest.mark.parametrize("name", GOOD_TOKEN_SHAPES)
def test_a_good_token_answer_holds_a_token_that_opens(registry: FaultyRegistry, name: str) -> None:
    registry.require_token()
    registry.authority.shape = GOOD_TOKEN_SHAPES[name]
    body = token(registry).json
    assert tags(registry, Authorization=f"Bearer {body.get('token') or body['access_token']}").status == 200


@pytest.mark.parametrize("name", BAD_TOKEN_SHAPES)
def test_a_bad_token_answer_holds_none(registry: FaultyRegistry, name: str) -> None:
    registry.authority.shape = BAD_TOKEN_SHAPES[name]
    got = token(registry)
    assert got.status == 200
    assert registry.authority.issued[-1].text.encode() not in got.body
