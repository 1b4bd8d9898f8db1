"""Sign-in by OpenID Connect: the code flow with PKCE, state and nonce, from its beginning to a session of ours.

What has to be remembered between the two lies in a cookie of the browser, signed with a key that lives as long as the
process: strangers who begin a thousand sign-ins take no memory, and no browser can finish one that another began.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, Forbidden, NotFound
from imagedepot.model.access.groups import GroupRoles
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import LoggedIn
from imagedepot.service.access.login_throttle import Attempt, LoginThrottle
from imagedepot.service.audit.log import audit

SECONDS = 600  # from the beginning of a sign-in to its end
_LONGEST = 8192
_UNFIT = re.compile(r"[^A-Za-z0-9._@-]+")


class Provider(Protocol):
    """`imagedepot.remote.oidc.provider.Provider`."""

    def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, challenge: str, cancellation: Cancellation
    ) -> str: ...

    def claims(
        self, code: str, verifier: str, redirect_uri: str, nonce: str, cancellation: Cancellation
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class OpenIdFacts:
    """`name` is what the button says; `issuer` the provider; the claims hold the user's name and groups."""

    name: str
    issuer: str
    user_claim: str
    groups_claim: str
    roles: GroupRoles


class OpenIdSignIn:
    """`facts` and `provider` are None where it is not set up."""

    def __init__(
        self,
        access: Access,
        throttle: LoginThrottle,
        facts: OpenIdFacts | None,
        provider: Provider | None,
        clock: Callable[[], float] = time.time,
        key: bytes | None = None,
    ) -> None:
        """`key` signs what a browser brings back; nodes that share their users share it. None: one of this process."""
        self._access = access
        self._throttle = throttle
        self._facts = facts
        self._provider = provider
        self._clock = clock
        self._key = key or secrets.token_bytes(32)

    @property
    def name(self) -> str | None:
        return self._facts.name if self._facts else None

    @property
    def host(self) -> str:
        """The provider's host, by which requests that wait for it are queued."""
        return urlsplit(self._facts.issuer).netloc if self._facts else ""

    def begin(self, redirect_uri: str, cancellation: Cancellation) -> tuple[str, str]:
        """Where to send the browser, and the cookie that it brings back.

        Raises `NotFound`, `Conflict` (no user yet), `UpstreamError`, `Unavailable`.
        """
        _, provider = self._ready()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        url = provider.authorization_url(redirect_uri, state, nonce, challenge, cancellation)
        begun = {"state": state, "nonce": nonce, "verifier": verifier, "uri": redirect_uri}
        return url, self._signed({**begun, "until": int(self._clock()) + SECONDS})

    def attempt(self, address: str) -> Attempt:
        """Begin to finish one; hold it back for `delay` seconds. Raises `TooManyLogins`."""
        return self._throttle.begin("openid", address)

    def finish(self, attempt: Attempt, cookie: str, state: str, code: str, cancellation: Cancellation) -> LoggedIn:
        """Raises `Forbidden`, `NotFound`, `Conflict`, `UpstreamError`, `Unavailable`."""
        facts, provider = self._ready()
        begun = self._read(cookie)
        if begun is None or not hmac.compare_digest(str(begun["state"]).encode(), state.encode("utf-8", "replace")):
            raise Forbidden("This sign-in was not begun in this browser, or more than ten minutes ago: begin it again")
        claims = provider.claims(code, begun["verifier"], begun["uri"], begun["nonce"], cancellation)
        username = _name(claims, facts.user_claim)
        try:
            role = facts.roles.role(_texts(claims.get(facts.groups_claim)))
            logged_in = self._access.sign_in(f"{facts.issuer}\n{claims['sub']}", username, role, attempt.address)
        except Forbidden:
            audit.warning("sign-in as %r of %s from %s refused", username[:64], facts.issuer, attempt.address)
            raise
        self._throttle.succeeded(attempt)
        return logged_in

    def _ready(self) -> tuple[OpenIdFacts, Provider]:
        if self._facts is None or self._provider is None:
            raise NotFound("No identity provider is set up (IMAGEDEPOT_OIDC_ISSUER)")
        if not self._access.has_users:
            raise Conflict("Image Depot has no user yet: create the administrator first")
        return self._facts, self._provider

    def _signed(self, begun: Mapping[str, Any]) -> str:
        content = base64.urlsafe_b64encode(json.dumps(begun).encode()).decode()
        return f"{content}.{self._signature(content)}"

    def _read(self, cookie: str) -> dict[str, Any] | None:
        content, _, signature = cookie.partition(".")
        if len(cookie) > _LONGEST or not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._signature(content).encode()
        ):
            return None
        begun: dict[str, Any] = json.loads(base64.urlsafe_b64decode(content))
        return begun if begun["until"] > self._clock() else None

    def _signature(self, content: str) -> str:
        return hmac.new(self._key, content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _name(claims: Mapping[str, Any], claim: str) -> str:
    """The user's name here: spaces and other characters that a name cannot have become dashes."""
    text = claims.get(claim)
    return _UNFIT.sub("-", text.strip()).strip("-")[:64] if isinstance(text, str) else ""


def _texts(claim: object) -> Sequence[str]:
    if isinstance(claim, str):
        return [claim]
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []
