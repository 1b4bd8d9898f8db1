"""Proving to a registry who we are, against every guard and token server of the faulty registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from imagedepot.errors import (
    AddressNotAllowed,
    DepotError,
    InvalidAnswer,
    RateLimited,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.access.login import Login
from imagedepot.model.names.reference import Reference
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.tags import list_tags
from tests.fakes import statuses
from tests.fakes.challenge import BAD_CHALLENGES, GOOD_CHALLENGES, HOSTILE_REALMS, Challenge
from tests.fakes.guard import BasicGuard, Open
from tests.fakes.message import Answer, Gate, Request
from tests.fakes.redirects import vanity
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import MANIFESTS, Fault
from tests.fakes.tokens import (
    BAD_TOKEN_SHAPES,
    GOOD_TOKEN_SHAPES,
    TokenAuthority,
    TokenServer,
    TokenShape,
    basic_credentials,
)
from tests.ground.images import push_image, random_layer
from tests.remote.clients import Clock, KnownLogins, client

ADA = Login("ada", "lovelace")


@pytest.fixture
def registry(faulty_registry: FaultyRegistry) -> FaultyRegistry:
    push_image(faulty_registry.upstream.url, "lab/auth", "1", [random_layer(300)])
    faulty_registry.authority.accounts["ada"] = "lovelace"
    return faulty_registry


def reference(registry: FaultyRegistry, name: str = "lab/auth") -> Reference:
    return Reference.parse(f"{registry.host}/{name}:1")


def as_ada(registry: FaultyRegistry, login: Login = ADA) -> RegistryClient:
    return client(logins=KnownLogins({registry.host: login}))


def answered(registry: FaultyRegistry, path: str = "*") -> list[int]:
    """The statuses of all answers, once they are sent."""
    registry.requests.wait_for(lambda log: all(each.ended for each in log))
    return [each.status for each in registry.requests.matching(path)]


def issued(registry: FaultyRegistry) -> int:
    return len(registry.authority.issued)


@pytest.mark.parametrize("challenge", GOOD_CHALLENGES.values(), ids=GOOD_CHALLENGES)
def test_every_grammar_of_a_challenge_is_answered(registry: FaultyRegistry, challenge: Challenge) -> None:
    registry.require_token(challenge=challenge)
    assert client().head(reference(registry))


@pytest.mark.parametrize("challenge", BAD_CHALLENGES.values(), ids=BAD_CHALLENGES)
def test_a_challenge_that_cannot_be_answered_is_told_in_one_sentence(
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


def test_a_realm_on_another_host_is_asked_and_gets_no_token(registry: FaultyRegistry) -> None:
    elsewhere = TokenAuthority(service="faulty-registry", accounts={"ada": "lovelace"})
    with TokenServer(elsewhere) as server:
        registry.authority = elsewhere
        registry.require_token(realm=server.realm)
        assert as_ada(registry).head(reference(registry))
        assert [each.path for each in server.requests] == ["/token"]


def test_a_refused_login_is_named(registry: FaultyRegistry) -> None:
    registry.require_token()
    with pytest.raises(UpstreamDenied, match=f"{registry.host} refuses the login of ada"):
        as_ada(registry, Login("ada", "babbage")).head(reference(registry))


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
