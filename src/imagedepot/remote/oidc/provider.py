"""One OpenID provider: its configuration, its keys, and ID tokens for codes (OpenID Connect Core 1.0, Discovery)."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, InvalidAnswer, Unavailable, UpstreamDenied
from imagedepot.remote.http.address import AddressSource
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oidc.id_token import check_id_token

_FRESH_SECONDS = 3600.0  # of the configuration and the keys
_FAILED_SECONDS = 10.0  # a provider that failed is not asked again by each request
_LARGEST = 1 << 20
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Client:
    """Our identity at the provider. `secret` is "" for a public client."""

    id: str
    secret: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """The endpoints of a provider, its keys (JWK Set), and who gave us these addresses."""

    authorization: str
    token: str
    userinfo: str
    keys: Mapping[str, Any]
    posts_secret: bool
    given_by: AddressSource


class Provider:
    """`issuer` is its address as the setting has it. Safe for many threads."""

    def __init__(
        self,
        transport: Transport,
        issuer: str,
        client: Client,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[Configuration, float] | None = None
        self._failed: tuple[DepotError, float] | None = None

    def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, challenge: str, cancellation: Cancellation
    ) -> str:
        """Where to send the browser; `challenge` is that of PKCE (S256). Raises `UpstreamError`, `Unavailable`."""
        endpoint = self._configuration(cancellation).authorization
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": redirect_uri,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def claims(
        self, code: str, verifier: str, redirect_uri: str, nonce: str, cancellation: Cancellation
    ) -> Mapping[str, Any]:
        """Those of the ID token that `code` gets, once it has been checked, and those of the provider's user info: many
        put names and groups there alone.

        Raises `UpstreamDenied`, `InvalidAnswer`, `Unavailable`.
        """
        configuration = self._configuration(cancellation)
        text, access = self._tokens(configuration, code, verifier, redirect_uri, cancellation)
        claims = self._checked(text, configuration, nonce, cancellation)
        if not (configuration.userinfo and access):
            return claims
        headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
        userinfo, _ = self._json(configuration.userinfo, configuration.given_by, cancellation, headers)
        if userinfo.get("sub") != claims["sub"]:
            raise InvalidAnswer(f"{self._issuer} returned the user info of a user other than the one who signed in")
        return {**userinfo, **claims}

    def _checked(self, text: str, known: Configuration, nonce: str, cancellation: Cancellation) -> Mapping[str, Any]:
        expected = {"iss": self._issuer, "aud": self._client.id, "nonce": nonce}
        try:
            return check_id_token(text, known.keys, **expected)
        except LookupError:  # a key that is new
            with self._lock:
                self._known = None
            try:
                return check_id_token(text, self._configuration(cancellation).keys, **expected)
            except LookupError as error:
                raise InvalidAnswer(f"{self._issuer} signs with a key that it does not publish") from error

    def _tokens(
        self, known: Configuration, code: str, verifier: str, redirect_uri: str, cancellation: Cancellation
    ) -> tuple[str, str]:
        """ID token and access token, the latter "" where there is none that can be sent."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form["code_verifier"] = verifier
        headers = dict(_FORM)
        if self._client.secret and not known.posts_secret:
            pair = f"{quote(self._client.id, safe='')}:{quote(self._client.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self._client.id
            if self._client.secret:
                form["client_secret"] = self._client.secret
        body = urlencode(form).encode()
        with self._transport.request(
            "POST", known.token, headers, body, given_by=known.given_by, cancellation=cancellation
        ) as answer:
            if answer.status >= 500:
                raise Unavailable(f"{self._issuer} answered {answer.status}")
            answered = answer.json(_LARGEST)
            if answer.status != 200:
                why = answered.get("error") if isinstance(answered, dict) else None
                raise UpstreamDenied(f"{self._issuer} refuses the sign-in: {str(why or answer.status)[:100]}")
        text = answered.get("id_token") if isinstance(answered, dict) else None
        if not isinstance(text, str):
            raise InvalidAnswer(f"{self._issuer} gave no ID token")
        access = answered.get("access_token")
        return text, access if isinstance(access, str) and _TOKEN.fullmatch(access) else ""

    def _configuration(self, cancellation: Cancellation) -> Configuration:
        with cancellation.acquired(self._lock):
            now = self._clock()
            if self._known is not None and now < self._known[1]:
                return self._known[0]
            if self._failed is not None and now < self._failed[1]:
                raise self._failed[0]
            try:
                found = self._discover(cancellation)
            except Cancelled:  # its browser has left, which says nothing of the provider
                raise
            except DepotError as error:
                self._failed = error, self._clock() + _FAILED_SECONDS
                raise
            self._known = found, self._clock() + _FRESH_SECONDS
            return found

    def _discover(self, cancellation: Cancellation) -> Configuration:
        url = f"{self._issuer}/.well-known/openid-configuration"
        answered, given_by = self._json(url, None, cancellation)
        if str(answered.get("issuer", "")).rstrip("/") != self._issuer:
            raise InvalidAnswer(f"{self._issuer} says that it is another issuer: {str(answered.get('issuer'))[:200]}")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorization, token, keys = (_address(answered.get(name), name, self._issuer) for name in names)
        methods = answered.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        posts = isinstance(methods, list) and "client_secret_basic" not in methods
        userinfo = answered.get("userinfo_endpoint")
        return Configuration(
            authorization,
            token,
            _address(userinfo, "userinfo_endpoint", self._issuer) if userinfo else "",
            self._json(keys, given_by, cancellation)[0],
            posts,
            given_by,
        )

    def _json(
        self,
        url: str,
        given_by: AddressSource | None,
        cancellation: Cancellation,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, Any], AddressSource]:
        with self._transport.request("GET", url, headers, given_by=given_by, cancellation=cancellation) as answer:
            if answer.status != 200:
                error = Unavailable if answer.status >= 500 else InvalidAnswer
                raise error(f"{self._issuer} is no OpenID provider that answers: {answer.status} for {url[:200]}")
            answered = answer.json(_LARGEST)
            if not isinstance(answered, dict):
                raise InvalidAnswer(f"{self._issuer} answered something that is not a JSON object for {url[:200]}")
            return answered, answer.given_by


def _address(text: object, name: str, issuer: str) -> str:
    if not isinstance(text, str) or urlsplit(text).scheme not in ("http", "https"):
        raise InvalidAnswer(f"{issuer} names no {name}")
    return text
