"""Tokens: fetched, used until their end, renewed, and what a token server that fails leads to."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from imagedepot.errors import (
    DepotError,
    InvalidAnswer,
    RateLimited,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.access.login import Login
from tests.fakes import statuses
from tests.fakes.message import Answer, Gate, Request
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import MANIFESTS, Fault
from tests.fakes.tokens import (
    BAD_TOKEN_SHAPES,
    GOOD_TOKEN_SHAPES,
    TokenAuthority,
    TokenServer,
    TokenShape,
)
from tests.ground.images import push_image, random_layer
from tests.remote.clients import Clock, KnownLogins, client
from tests.remote.oci.asking import ADA, answered, as_ada, issued, reference


@pytest.mark.parametrize("shape", GOOD_TOKEN_SHAPES.values(), ids=GOOD_TOKEN_SHAPES)
def test_every_shape_of_a_token_is_taken(registry: FaultyRegistry, shape: TokenShape) -> None:
    registry.require_token()
    registry.authority.shape = shape
    assert client().head(reference(registry))


@pytest.mark.parametrize("shape", BAD_TOKEN_SHAPES.values(), ids=BAD_TOKEN_SHAPES)
def test_what_is_no_token_is_never_sent(registry: FaultyRegistry, shape: TokenShape) -> None:
    registry.require_token()
    registry.authority.shape = shape
    with pytest.raises(UpstreamError):
        client().head(reference(registry))
    assert all(each.authorization is None for each in registry.requests)


def test_a_token_is_used_until_shortly_before_its_end(registry: FaultyRegistry) -> None:
    registry.require_token()
    clock = Clock()
    asking = client(clock=clock)
    asking.head(reference(registry))
    clock.seconds += registry.authority.lifetime - 11
    asking.head(reference(registry))
    assert issued(registry) == 1
    clock.seconds += 2
    asking.head(reference(registry))
    assert issued(registry) == 2
    assert registry.requests.count(MANIFESTS) == 4, "only the first one was tried without"


def test_a_token_without_a_lifetime_lives_a_minute(registry: FaultyRegistry) -> None:
    registry.require_token()
    registry.authority.shape = GOOD_TOKEN_SHAPES["no_expires_in"]
    clock = Clock()
    asking = client(clock=clock)
    asking.head(reference(registry))
    clock.seconds += 49
    asking.head(reference(registry))
    assert issued(registry) == 1
    clock.seconds += 2
    asking.head(reference(registry))
    assert issued(registry) == 2


def test_a_token_that_ends_too_early_is_renewed_once(registry: FaultyRegistry) -> None:
    registry.require_token()
    asking = client()
    asking.head(reference(registry))
    registry.authority.expire_all()
    assert asking.head(reference(registry))
    assert issued(registry) == 2


def test_a_token_that_is_never_enough_is_not_asked_for_for_ever(registry: FaultyRegistry) -> None:
    registry.require_token()
    registry.inject(statuses.registry_error(401, "UNAUTHORIZED", "no"), MANIFESTS)
    with pytest.raises(UpstreamNotFound, match=r"does not exist on .* or needs a login"):
        client().head(reference(registry))
    assert issued(registry) == 1


def test_of_many_threads_one_asks(registry: FaultyRegistry) -> None:
    registry.require_token()
    asking, gate = client(), Gate()
    asking.head(reference(registry))
    registry.authority.expire_all()

    def held(_: Request, answer: object) -> object:
        registry.stand_at(gate)
        return answer

    registry.early.inject(Fault("held", change=held), "/token")  # type: ignore[arg-type]
    with ThreadPoolExecutor(6) as pool:
        heads = [pool.submit(asking.head, reference(registry)) for _ in range(6)]
        gate.wait_reached()
        gate.open()
        assert len({head.result(20) for head in heads}) == 1
    assert issued(registry) == 2


def test_each_repository_has_a_token_of_its_own(registry: FaultyRegistry) -> None:
    push_image(registry.upstream.url, "lab/other", "1", [random_layer(300)])
    registry.require_token()
    registry.authority.first_scope_only = True
    asking = client()
    asking.head(reference(registry))
    asking.head(reference(registry, "lab/other"))
    assert [sorted(token.grants) for token in registry.authority.issued] == [
        [("lab/auth", "pull")],
        [("lab/other", "pull")],
    ]
    assert answered(registry, "/v2/lab/other/*") == [200], "asked for beforehand"


def test_a_realm_on_another_host_is_asked_and_gets_no_token(registry: FaultyRegistry) -> None:
    elsewhere = TokenAuthority(service="faulty-registry", accounts={"ada": "lovelace"})
    with TokenServer(elsewhere) as server:
        registry.authority = elsewhere
        registry.require_token(realm=server.realm)
        assert as_ada(registry).head(reference(registry))
        assert [each.path for each in server.requests] == ["/token"]


def test_an_identity_token_is_traded_by_post(registry: FaultyRegistry) -> None:
    registry.require_token()
    assert as_ada(registry, Login("", "", "lovelace")).head(reference(registry))
    assert registry.authority.issued[-1].user == "ada"
    assert registry.requests.count("/token", "POST") == 1
    assert registry.requests.count("/token", "GET") == 0


def test_where_post_is_not_known_get_is_tried(registry: FaultyRegistry) -> None:
    registry.require_token()
    registry.authority.post = False
    registry.authority.accounts["<token>"] = "lovelace"
    registry.authority.accounts[""] = "lovelace"
    assert as_ada(registry, Login("", "", "lovelace")).head(reference(registry))
    assert [each.method for each in registry.requests.matching("/token")] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (statuses.hap429(), RateLimited),
        (statuses.status(429, retry_after="7"), RateLimited),
        (statuses.status(503), Unavailable),
        (statuses.status(418), InvalidAnswer),
    ],
    ids=["429", "429 with a time", "503", "418"],
)
def test_a_token_server_that_fails_is_named(registry: FaultyRegistry, fault: Fault, kind: type[DepotError]) -> None:
    registry.require_token()
    registry.early.inject(fault, "/token")
    with pytest.raises(kind, match="token server"):
        client().head(reference(registry))


def test_nothing_is_kept_of_a_login_that_is_forgotten(registry: FaultyRegistry) -> None:
    registry.require_token()
    logins = KnownLogins({registry.host: ADA})
    asking = client(logins=logins)
    asking.head(reference(registry))
    logins.logins.clear()
    asking._authenticator.forget()
    asking.head(reference(registry))
    assert [token.user for token in registry.authority.issued] == ["ada", None]


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"code": "DENIED", "message": "project is frozen"}]}, "project is frozen"),
        ({"details": "your IP is not on the\x1b[31m allow list?token=secret"}, "your IP is not on the"),
        ({"error": "invalid_scope", "error_description": "too many scopes"}, "too many scopes"),
        ("quota " * 1000, "quota quota"),
    ],
)
@pytest.mark.parametrize("login", [None, ADA])
def test_the_reason_of_a_token_server_is_shown(
    registry: FaultyRegistry, status: int, body: object, words: str, login: Login | None
) -> None:
    answer = Answer.text(status, body) if isinstance(body, str) else Answer.json(status, body)
    registry.require_token()
    registry.early.inject(statuses.instead("reason", answer), "/token")
    with pytest.raises(UpstreamDenied, match=re.escape(words)) as caught:
        client(logins=KnownLogins({registry.host: login} if login else {})).head(reference(registry))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert "secret" not in str(caught.value)


def test_one_realm_that_cannot_be_had_spoils_no_later_question(registry: FaultyRegistry) -> None:
    asking, well = client(), registry.guard
    registry.require_token(realm="http://127.0.0.1:9/token")
    with pytest.raises(Unavailable, match="refuses the connection"):
        asking.head(reference(registry))
    registry.guard = well
    assert asking.head(reference(registry)) is not None


def test_a_registry_that_wants_no_token_any_more_is_asked_without_one(registry: FaultyRegistry) -> None:
    clock, well = Clock(), registry.guard
    asking = client(clock=clock)
    registry.require_token()
    assert asking.head(reference(registry)) is not None
    clock.seconds += 10_000
    registry.guard = well
    registry.early.inject(statuses.status(404), "/token")
    assert asking.head(reference(registry)) is not None
