"""The short-lived tokens of `/v2/token`: who asks and for which repositories, signed, so that none has to be kept.

    base64url(JSON) "." base64url(HMAC-SHA256)

What the caller may do is looked up with each request: a role that changes, a password that changes and an access token
that is revoked count at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from imagedepot.model.access.scope import Scope
from imagedepot.service.access.access import Access
from imagedepot.service.access.caller import Caller

SECONDS = 300
_MOST_REPOSITORIES = 100
_ACTIONS = {"pull": Scope.PULL, "push": Scope.PUSH, "delete": Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request with such a token may do at most; `actions` by the name of a repository, as paths have it."""

    caller: Caller
    actions: Mapping[str, Sequence[Scope]]

    def covers(self, name: str, needed: Scope) -> bool:
        return needed in self.actions.get(name, ())


class _Payload(msgspec.Struct, forbid_unknown_fields=True):
    """`user` is "" for an anonymous caller; `stamp` changes with the user's password; `token` is an access token's."""

    user: str
    stamp: str
    token: int | None
    expires: float
    access: dict[str, list[Scope]]


class RegistryTokens:
    """`key` is kept with the service, so that tokens hold through a restart. `clock` is for tests to inject."""

    def __init__(self, access: Access, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._access = access
        self._key = key
        self._clock = clock

    def issue(self, caller: Caller, scopes: Sequence[str]) -> str:
        """For `repository:<name>:<actions>` of `scopes`, as far as the caller may; others are left out."""
        wanted: dict[str, list[Scope]] = {}
        for name, actions in map(_parsed, scopes):
            if name and len(wanted) < _MOST_REPOSITORIES:
                allowed = [_ACTIONS[each] for each in actions if caller.may(_ACTIONS[each])]
                wanted[name] = sorted({*wanted.get(name, ()), *allowed})
        is_anonymous = caller.anonymous
        user = "" if is_anonymous else caller.username
        stamp = "" if is_anonymous else self._access.fingerprint(caller.username)
        token = caller.token.id if caller.token else None
        content = msgspec.json.encode(_Payload(user, stamp, token, self._clock() + SECONDS, wanted))
        return f"{_encoded(content)}.{_encoded(self._signature(content))}"

    def find(self, text: str, anonymous: Callable[[], Caller | None]) -> Grant | None:
        """The grant of a token; None if it is invalid or over, or its caller may not log in any more.

        `anonymous` returns the anonymous caller, None while there is none.
        """
        try:
            content, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
            if not hmac.compare_digest(signature, self._signature(content)):
                return None
            payload = msgspec.json.decode(content, type=_Payload)
        except (ValueError, binascii.Error, msgspec.DecodeError):
            return None
        if payload.expires <= self._clock():
            return None
        if payload.user:
            caller = self._access.known(payload.user, payload.token)
            if caller is None or payload.stamp != self._access.fingerprint(payload.user):
                return None
        else:
            caller = anonymous()
        return Grant(caller, payload.access) if caller is not None else None

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)


def _parsed(scope: str) -> tuple[str, list[str]]:
    """The name and the actions of a repository's scope; ("", []) for other resources."""
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    if kind.partition("(")[0] != "repository" or not name or len(name) > 255:
        return "", []
    named = actions.split(",")
    return name, list(_ACTIONS) if "*" in named else [each for each in named if each in _ACTIONS]


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
