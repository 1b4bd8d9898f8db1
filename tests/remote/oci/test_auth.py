"""Proving to a registry who we are, against every guard of the faulty registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from imagedepot.errors import (
    AddressNotAllowed,
    DepotError,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.access.login import Login
from imagedepot.remote.oci.tags import list_tags
from tests.fakes import statuses
from tests.fakes.challenge import BAD_CHALLENGES, GOOD_CHALLENGES, HOSTILE_REALMS, Challenge
from tests.fakes.guard import BasicGuard, Open
from tests.fakes.redirects import vanity
from tests.fakes.registry import FaultyRegistry
from tests.fakes.tokens import (
    basic_credentials,
)
from tests.remote.clients import KnownLogins, client
from tests.remote.oci.asking import ADA, answered, as_ada, issued, reference


@pytest.mark.parametrize("challenge", GOOD_CHALLENGES.values(), ids=GOOD_CHALLENGES)
def test_every_grammar_of_a_challenge_is_answered(registry: FaultyRegistry, challenge: Challenge) -> None:
    registry.require_token(challenge=challenge)
    assert client().head(reference(registry))


@pytest.mark.parametrize("challenge", BAD_CHALLENGES.values(), ids=BAD_CHALLENGES)
def test_a_challenge_that_cannot_be_answered_is_reported_in_one_sentence(
    registry: FaultyRegistry, challenge: Challenge
) -> None:
    registry.require_token(challenge=challenge)
    with pytest.raises(UpstreamError, match=re.escape(registry.host)) as caught:
        client().head(reference(registry))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("realm", HOSTILE_REALMS.values(), ids=HOSTILE_REALMS)
def test_a_realm_where_nobody_may_send_us_is_not_asked(registry: FaultyRegistry, realm: str) -> None:
    registry.require_token(realm=realm)
    with pytest.raises(AddressNotAllowed):
        as_ada(registry).head(reference(registry))


def test_a_login_goes_to_the_realm_and_the_token_to_the_registry(registry: FaultyRegistry) -> None:
    registry.require_token()
    as_ada(registry).head(reference(registry))
    assert registry.authority.issued[-1].user == "ada"
    sent = [(each.path, (each.authorization or "").partition(" ")[0]) for each in registry.requests]
    assert sent == [
        ("/v2/lab/auth/manifests/1", ""),
        ("/token", "Basic"),
        ("/v2/lab/auth/manifests/1", "Bearer"),
    ]


def test_a_refused_login_is_named(registry: FaultyRegistry) -> None:
    registry.require_token()
    with pytest.raises(UpstreamDenied, match=f"{registry.host} rejected the login for ada"):
        as_ada(registry, Login("ada", "babbage")).head(reference(registry))


def test_basic_is_sent_with_every_request_once_it_was_asked_for(registry: FaultyRegistry) -> None:
    registry.guard = BasicGuard({"ada": "lovelace"})
    asking = as_ada(registry)
    asking.head(reference(registry))
    asking.head(reference(registry))
    assert answered(registry) == [401, 200, 200]


def test_basic_without_a_login_may_be_missing_or_hidden(registry: FaultyRegistry) -> None:
    registry.guard = BasicGuard({"ada": "lovelace"})
    with pytest.raises(UpstreamNotFound, match="needs a login"):
        client().head(reference(registry))


def test_basic_with_a_wrong_login_is_refused_once(registry: FaultyRegistry) -> None:
    registry.guard = BasicGuard({"ada": "lovelace"})
    with pytest.raises((UpstreamDenied, UpstreamNotFound), match="ada"):
        as_ada(registry, Login("ada", "babbage")).head(reference(registry))
    assert len(registry.requests) == 2


def test_what_is_forbidden_to_us_and_what_is_missing_look_alike(registry: FaultyRegistry) -> None:
    registry.require_token()
    registry.authority.may = lambda user, repository, action: user == "grace"
    with pytest.raises(UpstreamNotFound, match="ada may not pull it"):
        as_ada(registry).head(reference(registry))
    registry.authority.denies = True
    with pytest.raises(DepotError, match=r"lab/auth|refuses"):
        client().head(reference(registry))


@pytest.fixture
def own_name(registry: FaultyRegistry) -> Iterator[FaultyRegistry]:
    """A registry of another name that sends everybody to `registry`, once they have shown a token of its own."""
    with FaultyRegistry(registry.upstream.url, vanity(registry.url)) as server:
        server.authority.accounts["grace"] = "hopper"
        server.require_token()
        yield server


def is_bearer(authorization: str | None) -> bool:
    return (authorization or "").startswith("Bearer ")


def test_the_challenge_of_another_registry_is_answered_there_alone(
    registry: FaultyRegistry, own_name: FaultyRegistry
) -> None:
    registry.require_token()
    logins = {own_name.host: Login("grace", "hopper"), registry.host: ADA}
    asking = client(logins=KnownLogins(logins))
    assert asking.head(reference(own_name))
    assert asking.manifest(reference(own_name)).raw
    assert list_tags(asking, reference(own_name)).tags == ["1"]
    assert [token.user for token in own_name.authority.issued] == ["grace"]
    assert [token.user for token in registry.authority.issued] == ["ada"]
    given = {f"Bearer {token.text}" for token in registry.authority.issued}
    assert {each.authorization for each in registry.requests.matching("/v2/*")} == {None, *given}
    assert all(basic_credentials(each.request) != ("grace", "hopper") for each in registry.requests)
    assert all(basic_credentials(each.request) != ("ada", "lovelace") for each in own_name.requests)


def test_a_login_for_the_first_registry_is_none_for_the_one_it_sends_us_to(
    registry: FaultyRegistry, own_name: FaultyRegistry
) -> None:
    registry.guard = BasicGuard({"grace": "hopper"})
    asking = client(logins=KnownLogins({own_name.host: Login("grace", "hopper")}))
    with pytest.raises(UpstreamNotFound, match=f"does not exist on {registry.host} or needs a login"):
        asking.manifest(reference(own_name))
    assert all(each.authorization is None for each in registry.requests)


def test_registries_that_send_us_on_and_on_to_more_logins_have_an_end(registry: FaultyRegistry) -> None:
    registry.require_token()
    with ExitStack() as stack:
        first = registry
        for _ in range(5):
            first = stack.enter_context(FaultyRegistry(registry.upstream.url, vanity(first.url)))
            first.require_token()
        with pytest.raises(UpstreamNotFound, match="needs a login"):
            client().head(reference(first))


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("method", ["head", "manifest", "tags"])
def test_a_registry_that_challenges_at_its_root_alone_is_asked_there(
    registry: FaultyRegistry, status: int, method: str
) -> None:
    registry.require_token()
    registry.early.inject(statuses.status(status), "/v2/lab/*", when=lambda asked: not asked.header("Authorization"))
    asking = client()
    for _ in range(2):
        if method == "tags":
            assert list_tags(asking, reference(registry)).tags == ["1"]
        else:
            assert getattr(asking, method)(reference(registry))
    assert answered(registry, "/v2/") == [401], "once"
    assert issued(registry) == 1


def test_what_a_registry_hides_from_strangers_is_not_said_to_be_missing(registry: FaultyRegistry) -> None:
    registry.guard = BasicGuard({"ada": "lovelace"})
    registry.early.inject(statuses.status(404), "/v2/lab/*", when=lambda asked: not asked.header("Authorization"))
    with pytest.raises(UpstreamNotFound, match=r"does not exist on .* or needs a login"):
        client().manifest(reference(registry))
    assert as_ada(registry).manifest(reference(registry)).raw


def test_a_registry_that_lets_everybody_in_is_asked_at_its_root_once(registry: FaultyRegistry) -> None:
    asking = client()
    for _ in range(3):
        with pytest.raises(UpstreamNotFound, match=r"lab/absent:1 does not exist on [^ ]*$"):
            asking.manifest(reference(registry, "lab/absent"))
    assert answered(registry, "/v2/") == [200]


@pytest.mark.parametrize("guard", ["basic", "token"])
def test_a_login_that_cannot_be_read_is_named_where_one_is_needed(registry: FaultyRegistry, guard: str) -> None:
    if guard == "basic":
        registry.guard = BasicGuard({"ada": "lovelace"})
    else:
        registry.require_token()
        registry.authority.may = lambda user, repository, action: user == "ada"
    logins = KnownLogins()
    logins.troubles[registry.host] = "docker-credential-desktop is not installed, which config.json names"
    with pytest.raises(
        UpstreamNotFound, match=r"needs a login; no login could be read: docker-credential-desktop is not"
    ):
        client(logins=logins).manifest(reference(registry))
    registry.guard = Open()
    assert client(logins=logins).manifest(reference(registry)).raw, "strangers may have it"
