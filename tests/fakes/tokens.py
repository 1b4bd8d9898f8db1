"""A token endpoint: who gets a token for what, and whether a token that comes back is still good."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.message import Answer, Request
from tests.fakes.server import Server

Grant = tuple[str, str]
"""(repository, action)"""


@dataclass(frozen=True)
class Token:
    """One token that was given out."""

    text: str
    user: str | None
    grants: frozenset[Grant]
    expires_at: float


def _body(token: Token, lifetime: int) -> dict[str, Any]:
    return {
        "token": token.text,
        "access_token": token.text,
        "expires_in": lifetime,
        "issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


TokenShape = Callable[[Token, int], Answer]


def _with(**changes: Any) -> TokenShape:
    """The usual body with keys changed; None leaves a key out."""

    def shape(token: Token, lifetime: int) -> Answer:
        body = {**_body(token, lifetime), **changes}
        return Answer.json(200, {key: value for key, value in body.items() if value is not None})

    return shape


GOOD_TOKEN_SHAPES: dict[str, TokenShape] = {
    "both": _with(),
    "token_only": _with(access_token=None),
    "access_token_only": _with(token=None),
    "no_expires_in": _with(expires_in=None),
    "no_issued_at": _with(issued_at=None),
    "issued_in_the_future": _with(issued_at="2087-01-01T00:00:00.123456789Z"),
    "issued_long_ago": _with(issued_at="1999-01-01T00:00:00Z"),
    "with_refresh_token": _with(refresh_token="fake-refresh-token"),
    "text_plain": lambda token, lifetime: Answer.json(200, _body(token, lifetime), content_type="text/plain"),
}
"""Token answers that a client must take."""

BAD_TOKEN_SHAPES: dict[str, TokenShape] = {
    "no_token": _with(token=None, access_token=None),
    "empty_token": _with(token="", access_token=""),
    "wrong_types": _with(token=5, access_token=["x"], expires_in="soon"),
    "a_list": lambda _token, _lifetime: Answer.json(200, ["token"]),
    "broken_json": lambda _token, _lifetime: Answer.of(200, b'{"token": "abc', "application/json"),
    "empty": lambda _token, _lifetime: Answer.of(200, b"", "application/json"),
    "html": lambda _token, _lifetime: Answer.html(200, "<html>Sign in to the Wi-Fi</html>"),
    "header_injection": _with(token="abc\r\nX-Evil: 1", access_token="abc\r\nX-Evil: 1"),
    "huge": lambda _token, _lifetime: Answer.of(200, b'{"token":"' + b"x" * 5_000_000 + b'"}', "application/json"),
}
"""Token answers of which nothing can be made."""


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """User and password of a Basic Authorization header."""
    scheme, _, encoded = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


@dataclass
class TokenAuthority:
    """Gives out tokens and judges them.

    `may(user, repository, action)` decides each grant; what it refuses is simply missing from the token, as
    at Docker Hub, unless `denies` is on: then the endpoint itself says 403, as GHCR does.
    """

    service: str = "registry.docker.io"
    lifetime: int = 300
    accounts: dict[str, str] = field(default_factory=dict)
    may: Callable[[str | None, str, str], bool] = lambda _user, _repository, action: action == "pull"
    shape: TokenShape = GOOD_TOKEN_SHAPES["both"]
    denies: bool = False
    post: bool = True
    first_scope_only: bool = False
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.issued: list[Token] = []
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """The authority's own time, in seconds."""
        return self.clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass: `advance(301)` makes every token given out so far expire."""
        self._ahead += seconds

    def expire_all(self) -> None:
        """Every token given out so far is too old from now on."""
        self.advance(self.lifetime + 1)

    def answer(self, request: Request) -> Answer:
        """The token endpoint: GET with a query, or the OAuth2 form by POST."""
        if request.method == "POST":
            if not self.post:
                return Answer.text(405, "method not allowed")
            return self._answer_form({k: v[0] for k, v in parse_qs(request.body.decode()).items()})
        given = basic_credentials(request)
        if request.header("Authorization") and not (given and self._knows(*given)):
            return Answer.json(401, {"details": "incorrect username or password"})
        user = given[0] if given else None
        if request.arg("service") != self.service:
            return Answer.errors(400, "UNSUPPORTED", f"unknown service {request.arg('service')!r}")
        if request.arg("account", user or "") != (user or ""):
            return Answer.json(401, {"details": "account and credentials differ"})
        return self._issue(user, request.args.get("scope", []))

    def _answer_form(self, form: dict[str, str]) -> Answer:
        user = form.get("username")
        if form.get("grant_type") == "password" and not (user and self._knows(user, form.get("password", ""))):
            return Answer.json(401, {"details": "incorrect username or password"})
        if form.get("grant_type") == "refresh_token":
            user = next((u for u, secret in self.accounts.items() if secret == form.get("refresh_token")), None)
            if user is None:
                return Answer.json(401, {"details": "unknown refresh token"})
        return self._issue(user, form.get("scope", "").split())

    def _knows(self, user: str, password: str) -> bool:
        return self.accounts.get(user) == password

    def _issue(self, user: str | None, scopes: list[str]) -> Answer:
        wanted: set[Grant] = set()
        for scope in scopes[:1] if self.first_scope_only else scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            wanted |= {(name if kind == "repository" else f"{kind}:{name}", action) for action in actions.split(",")}
        granted = frozenset(grant for grant in wanted if self.may(user, *grant))
        if self.denies and granted != wanted:
            return Answer.errors(403, "DENIED", "requested access to the resource is denied")
        with self._lock:
            token = Token(f"fake-token-{len(self.issued) + 1}", user, granted, self.now() + self.lifetime)
            self.issued.append(token)
        return self.shape(token, self.lifetime)

    def find(self, request: Request) -> Token | None:
        """The token that a request carries, if it was given out here and has not expired."""
        scheme, _, text = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = next((t for t in self.issued if t.text == text), None)
        return token if token and self.now() < token.expires_at else None


class TokenServer(Server):
    """A token endpoint on a host of its own, as auth.docker.io is (`realm` is its address)."""

    def __init__(self, authority: TokenAuthority) -> None:
        super().__init__()
        self.authority = authority

    @property
    def realm(self) -> str:
        """The address that a challenge names."""
        return f"{self.url}/token"

    def respond(self, request: Request) -> Answer:
        """Answer /token."""
        return self.authority.answer(request) if request.path == "/token" else Answer.text(404, "not found")
