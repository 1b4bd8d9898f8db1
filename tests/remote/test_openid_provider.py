"""A provider that answers badly: discovery, keys, tokens, user info. The good one is npm's, in `tests/ui`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, InvalidAnswer, Unavailable, UpstreamDenied
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oidc.provider import Client, Provider
from tests.fakes.message import Gate
from tests.remote.silent import Silent

DISCOVERY = "/.well-known/openid-configuration"


class Fake:
    """`answers` by path: a status and what is sent as JSON; `asked` is what came."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                fake.asked.append((self.path, body, {k.lower(): v for k, v in self.headers.items()}))
                status, told = fake.answers.get(self.path, (404, {}))
                content = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.configuration: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
        }
        self.answers: dict[str, tuple[int, Any]] = {
            DISCOVERY: (200, self.configuration),
            "/keys": (200, {"keys": [self.key.as_dict(private=False)]}),
            "/token": (200, {"id_token": self.token(self.key), "access_token": "opaque"}),
            "/me": (200, {"sub": "1", "groups": ["admins"], "nonce": "changed"}),
        }

    def token(self, key: RSAKey) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "us", "sub": "1", "nonce": "n", "iat": now, "exp": now + 60}
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    found = Fake()
    found.start()
    yield found
    found.stop()


def provider(fake: Fake, secret: str = "") -> Provider:
    return Provider(Transport(environment={}), fake.url, Client("us", secret, "openid profile"))


def claims(asked: Provider) -> Any:
    return asked.claims("code", "verifier", "https://nas.example.org/sign-in", "n", Cancellation())


def test_claims_come_from_the_token_and_what_it_lacks_from_the_user_info(fake: Fake) -> None:
    found = claims(provider(fake))
    assert (found["sub"], found["groups"], found["nonce"]) == ("1", ["admins"], "n")
    assert fake.asked[-1][2]["authorization"] == "Bearer opaque"


@pytest.mark.parametrize(
    ("secret", "methods", "basic", "in_form"),
    [
        ("", None, False, False),
        ("a:b/c", None, True, False),
        ("a:b/c", ["client_secret_post", "client_secret_basic"], True, False),
        ("a:b/c", ["client_secret_post"], False, True),
    ],
)
def test_the_secret_is_sent_as_the_provider_takes_it(
    fake: Fake, secret: str, methods: list[str] | None, basic: bool, in_form: bool
) -> None:
    if methods is not None:
        fake.configuration["token_endpoint_auth_methods_supported"] = methods
    claims(provider(fake, secret))
    ((_, body, headers),) = [each for each in fake.asked if each[0] == "/token"]
    assert ("authorization" in headers) is basic
    assert ("client_secret=a%3Ab%2Fc" in body) is in_form
    assert "code_verifier=verifier" in body


def test_the_browser_is_sent_with_all_that_the_flow_needs(fake: Fake) -> None:
    url = provider(fake).authorization_url("https://nas.example.org/sign-in", "s", "n", "c", Cancellation())
    assert url.startswith(
        f"{fake.url}/authorize?tenant=1&response_type=code&client_id=us&redirect_uri=https%3A%2F%2Fnas"
    )
    for part in ("state=s", "nonce=n", "code_challenge=c", "code_challenge_method=S256", "scope=openid+profile"):
        assert part in url


def test_a_key_that_is_new_is_fetched_and_the_configuration_is_kept(fake: Fake) -> None:
    asked = provider(fake)
    claims(asked)
    claims(asked)
    assert [path for path, _, _ in fake.asked].count(DISCOVERY) == 1
    key = RSAKey.generate_key(2048, {"kid": "2"})
    fake.answers["/token"] = (200, {"id_token": fake.token(key)})
    fake.answers["/keys"] = (200, {"keys": [key.as_dict(private=False)]})
    assert claims(asked)["sub"] == "1"


@pytest.mark.parametrize(
    ("path", "answer", "kind"),
    [
        (DISCOVERY, (404, {}), InvalidAnswer),
        (DISCOVERY, (500, {}), Unavailable),
        (DISCOVERY, (200, b"<html>"), InvalidAnswer),
        (DISCOVERY, (200, []), InvalidAnswer),
        (DISCOVERY, (200, {"issuer": "https://evil.example"}), InvalidAnswer),
        (DISCOVERY, (200, {"issuer": 7}), InvalidAnswer),
        ("/keys", (200, {"keys": "none"}), InvalidAnswer),
        ("/token", (400, {"error": "invalid_grant"}), UpstreamDenied),
        ("/token", (401, {}), UpstreamDenied),
        ("/token", (400, []), UpstreamDenied),
        ("/token", (503, {}), Unavailable),
        ("/token", (200, {}), InvalidAnswer),
        ("/token", (200, {"id_token": 7}), InvalidAnswer),
        ("/token", (200, {"id_token": "a.b.c"}), InvalidAnswer),
        ("/me", (200, {"sub": "2"}), InvalidAnswer),
        ("/me", (403, {}), InvalidAnswer),
    ],
    ids=str,
)
def test_a_bad_answer_is_a_sentence_and_signs_nobody_in(
    fake: Fake, path: str, answer: tuple[int, Any], kind: type[DepotError]
) -> None:
    fake.answers[path] = answer
    with pytest.raises(kind) as caught:
        claims(provider(fake))
    assert fake.url.removeprefix("http://") in str(caught.value)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_an_endpoint_is_an_address(fake: Fake, name: str) -> None:
    for wrong in ("javascript:alert(1)", "file:///etc/passwd", 7, ["x"]):
        fake.configuration[name] = wrong
        with pytest.raises(InvalidAnswer, match=name):
            claims(provider(fake))


def test_a_provider_that_is_away_is_not_asked_again_by_everybody(fake: Fake) -> None:
    now = [0.0]
    fake.answers[DISCOVERY] = (500, {})
    asked = Provider(Transport(environment={}), fake.url, Client("us", "", "openid"), lambda: now[0])
    for _ in range(5):
        with pytest.raises(Unavailable):
            claims(asked)
    assert len(fake.asked) == 1
    fake.answers[DISCOVERY] = (200, fake.configuration)
    now[0] = 11.0
    assert claims(asked)["sub"] == "1"


def test_a_browser_that_leaves_says_nothing_of_the_provider(fake: Fake) -> None:
    asked, gone = provider(fake), Cancellation()
    gone.cancel()
    with pytest.raises(Cancelled):
        asked.authorization_url("https://nas.example.org/sign-in", "s", "n", "c", gone)
    assert claims(asked)["sub"] == "1"


def test_who_waits_for_the_question_of_another_can_leave() -> None:
    gate, gone, unheeded = Gate(), Cancellation(), Cancellation()
    gone.cancel()
    with Silent(gate) as server:
        asked = Provider(Transport(environment={}), server.url, Client("us", "", "openid"))

        def ask(cancellation: Cancellation) -> None:
            with pytest.raises(Cancelled):
                asked.authorization_url("https://nas.example.org/sign-in", "s", "n", "c", cancellation)

        first = threading.Thread(target=ask, args=(unheeded,))
        first.start()
        gate.wait_reached()
        ask(gone)
        unheeded.cancel()
        first.join()
