"""Requests tokens from token servers (distribution.github.io: spec/auth/token, spec/auth/oauth)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from imagedepot.cancellation import Cancellation
from imagedepot.errors import InvalidAnswer, Unavailable, UpstreamDenied
from imagedepot.model.access.login import Login
from imagedepot.remote.http.address import Address, AddressSource
from imagedepot.remote.http.answers.answer import Answer
from imagedepot.remote.http.retry_after import rate_limited, retry_after
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.refusal import reason_of

_LIFETIME = 60.0  # the default of the specification
_LARGEST = 1 << 20
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_CLIENT = "imagedepot"
# General messages, by which a server wants a login or has nothing without one: not a reason of its own.
_GENERAL = re.compile(r"denied|unauthori[sz]ed|authenticat|not found|forbidden|credential|password", re.IGNORECASE)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a Bearer challenge asks for, and the peer that sent it; `title` names the registry in sentences."""

    realm: str
    service: str
    scope: str
    given_by: AddressSource
    title: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token. `lifetime` in seconds since the request, by our clock."""

    text: str
    lifetime: float


def ask_for_token(
    transport: Transport,
    ask: Ask,
    login: Login | None,
    cancellation: Cancellation | None,
    now: Callable[[], datetime],
) -> Token | None:
    """Request a token; None when the server gives none without a login.

    GET with Basic; POST only with an identity token, and GET again where POST is not known.
    Raises `UpstreamDenied` (the login is refused), `InvalidAnswer`, `RateLimited`, `Unavailable`, `AddressNotAllowed`.
    """
    if login is not None and login.identity_token:
        form = {"grant_type": "refresh_token", "refresh_token": login.identity_token, "client_id": _CLIENT}
        body = urlencode({**form, "service": ask.service, "scope": ask.scope}).encode()
        answer = transport.request("POST", ask.realm, _FORM, body, given_by=ask.given_by, cancellation=cancellation)
        if answer.status not in (404, 405):
            return _read(answer, ask, login, now)
        answer.discard()
    query = [("service", ask.service), ("scope", ask.scope), ("account", login.username if login else "")]
    wanted = urlencode([(name, value) for name, value in query if value])
    realm = ask.realm.partition("#")[0]
    url = f"{realm}{'&' if '?' in realm else '?'}{wanted}"
    headers = {"Authorization": login.basic} if login else {}
    return _read(
        transport.request("GET", url, headers, given_by=ask.given_by, cancellation=cancellation),
        ask,
        login,
        now,
    )


def _read(answer: Answer, ask: Ask, login: Login | None, now: Callable[[], datetime]) -> Token | None:
    with answer:
        if answer.status == 200:
            return _token(answer.json(_LARGEST), ask)
        if answer.status == 429:
            words = answer.read(_LARGEST).decode("utf-8", "replace")
            moment = now()
            raise rate_limited("", f"{ask.title}'s token server", retry_after(answer, words, moment), moment)
        reason = reason_of(answer)
        because = f" ({reason})" if reason else ""
        if answer.status in (401, 403) and login is not None:
            raise UpstreamDenied(f"{ask.title} rejected the login for {login.title}, or what it asks for{because}")
        if answer.status in (401, 403, 404) and (not reason or _GENERAL.search(reason)):
            return None
        server = f"{ask.title}'s token server ({Address.of(ask.realm)})"
        if answer.status in (400, 401, 403, 404):
            raise UpstreamDenied(f"{server} gives no token: {reason or f'it answered {answer.status}'}")
        if answer.status >= 500:
            raise Unavailable(f"{server} answered {answer.status}{because}", retry_after(answer, reason, now()))
        raise InvalidAnswer(f"{server} answered {answer.status}{because}")


def _token(body: Any, ask: Ask) -> Token:
    """The token in an answer; some servers only send `access_token`, some no lifetime."""
    if not isinstance(body, dict):
        raise InvalidAnswer(f"{ask.title}'s token server answered something that is not a token")
    text = body.get("token") or body.get("access_token")
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise InvalidAnswer(f"{ask.title}'s token server answered without a usable token")
    lifetime = body.get("expires_in")
    if not isinstance(lifetime, int | float) or not 0 < lifetime < 1e9:
        lifetime = _LIFETIME
    return Token(text, float(lifetime))
