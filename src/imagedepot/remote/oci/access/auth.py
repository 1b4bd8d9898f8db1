"""Authentication at registries: none, Basic, or a token (distribution.github.io: spec/auth).

What a registry asked for is remembered, so that later requests send it at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from imagedepot.cancellation import Cancellation
from imagedepot.errors import (
    AddressNotAllowed,
    Cancelled,
    DepotError,
    InvalidAnswer,
    RateLimited,
    TimedOut,
    UpstreamDenied,
)
from imagedepot.model.access.login import Login, Logins
from imagedepot.remote.http.address import Address
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.access.challenge import Challenge, parse_challenges
from imagedepot.remote.oci.access.tokens import Ask, ask_for_token
from imagedepot.remote.oci.endpoint import Endpoint

_RENEW_EARLY = 10.0


@dataclass(frozen=True, slots=True)
class Proof:
    """The value of `Authorization`, valid until `until` of the authenticator's clock; `user` is "" without a login."""

    header: str
    user: str
    until: float


_Key = tuple[str, str]


class Authenticator:
    """Gets tokens and keeps them until shortly before they expire; of many threads that need one, one asks for it.

    The login is looked up whenever a token is requested, so a new login counts soon; `forget` makes it count at once.
    """

    def __init__(
        self,
        transport: Transport,
        logins: Logins,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._logins = logins
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._locks: dict[_Key, threading.Lock] = {}
        self._proofs: dict[_Key, Proof] = {}
        self._asks: dict[str, Ask] = {}

    def proof(self, endpoint: Endpoint, repository: str, cancellation: Cancellation | None = None) -> Proof | None:
        """The proof to send with the first request.

        None when the registry has not asked for anything yet. Raises as `renew`.
        """
        key = (endpoint.base, repository)
        known = self._valid(key)
        ask = self._asks.get(endpoint.base)
        if known is not None or ask is None:
            return known
        cancellation = cancellation or Cancellation()
        with cancellation.acquired(self._turn(key)):
            known = self._valid(key)
            if known is not None:
                return known
            wanted = replace(ask, scope=f"repository:{repository}:pull")
            login = self._logins.find(endpoint.login_host, repository)
            try:
                return self._keep(key, self._token(wanted, login, cancellation))
            except (Cancelled, TimedOut, RateLimited):
                raise
            except DepotError:
                # It may want no token any more, or one from another server: its next 401 names what it wants.
                self._forget(endpoint.base, ask)
                return None

    def known(self, endpoint: Endpoint, repository: str) -> Proof | None:
        """A valid proof that is known already; sends no request."""
        return self._valid((endpoint.base, repository))

    def trouble(self, endpoint: Endpoint, repository: str) -> str:
        """Why a login for it may exist that cannot be read; "" for no reason."""
        return self._logins.trouble(endpoint.login_host, repository)

    def renew(
        self,
        endpoint: Endpoint,
        repository: str,
        answer: Answer,
        refused: Proof | None,
        cancellation: Cancellation | None = None,
    ) -> Proof | None:
        """The proof to send after this 401, the answer to `refused`; None when we have nothing else.

        Raises `UpstreamDenied`, `InvalidAnswer`, `RateLimited`, `Unavailable`, `AddressNotAllowed`.
        """
        key = (endpoint.base, repository)
        cancellation = cancellation or Cancellation()
        with cancellation.acquired(self._turn(key)):
            known = self._valid(key)
            if known is not None and known != refused:
                return known
            self._proofs.pop(key, None)
            challenges = _challenges(answer)
            login = self._logins.find(endpoint.login_host, repository)
            for challenge in challenges:
                if _is_bearer(challenge):
                    ask = self._ask(endpoint, repository, challenge, answer)
                    proof = self._keep(key, self._token(ask, login, cancellation))
                    self._asks[endpoint.base] = (
                        ask  # only what worked: otherwise one bad answer would fail every later call
                    )
                    return proof
            if not any(challenge.scheme == "basic" for challenge in challenges):
                raise InvalidAnswer(f"{endpoint.title} wants a login but does not say how (no usable challenge)")
            if login is None:
                return None
            if refused is not None and refused.header == login.basic:
                raise UpstreamDenied(f"{endpoint.title} rejected the login for {login.title}")
            return self._keep(key, Proof(login.basic, login.title, float("inf")))

    def forget(self) -> None:
        """Drop everything after a login or logout."""
        self._proofs.clear()

    def _forget(self, base: str, ask: Ask) -> None:
        """Forget what it asked for, unless that has changed meanwhile."""
        with self._lock:
            if self._asks.get(base) is ask:
                del self._asks[base]

    def _turn(self, key: _Key) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def _valid(self, key: _Key) -> Proof | None:
        proof = self._proofs.get(key)
        return proof if proof is not None and self._clock() < proof.until else None

    def _keep(self, key: _Key, proof: Proof | None) -> Proof | None:
        if proof is not None:
            self._proofs[key] = proof
        return proof

    def _ask(self, endpoint: Endpoint, repository: str, challenge: Challenge, answer: Answer) -> Ask:
        """The request for a token of one repository: some servers only read the first scope."""
        realm = challenge.parameters["realm"]
        try:
            address = Address.of(realm)
        except AddressNotAllowed as error:
            raise AddressNotAllowed(
                f"{endpoint.title} wants a token from an address that is not allowed: {error}"
            ) from error
        try:
            self._transport.rules.reach(address, answer.given_by)
        except AddressNotAllowed as error:
            raise AddressNotAllowed(
                f"{endpoint.title} asks for its token over plain http at {address}, which is not done: if that host is "
                "to be trusted, name it in IMAGEDEPOT_INSECURE_REGISTRIES"
            ) from error
        scope = challenge.parameters.get("scope") or (f"repository:{repository}:pull" if repository else "")
        return Ask(realm, challenge.parameters.get("service", ""), scope, answer.given_by, endpoint.title)

    def _token(self, ask: Ask, login: Login | None, cancellation: Cancellation | None) -> Proof | None:
        asked_at = self._clock()
        token = ask_for_token(self._transport, ask, login, cancellation, self._now)
        if token is None:
            return None
        usable = max(token.lifetime - _RENEW_EARLY, token.lifetime / 2)
        return Proof(f"Bearer {token.text}", login.title if login else "", asked_at + usable)


def is_answerable(answer: Answer) -> bool:
    """Whether a 401 has a challenge that can be answered."""
    return any(_is_bearer(challenge) or challenge.scheme == "basic" for challenge in _challenges(answer))


def _challenges(answer: Answer) -> list[Challenge]:
    return parse_challenges(answer.headers("WWW-Authenticate"))


def _is_bearer(challenge: Challenge) -> bool:
    return challenge.scheme == "bearer" and bool(challenge.parameters.get("realm"))
