"""The cookie that identifies a browser which has logged in as a user before.

It does not log anyone in: it only gives its browser a count of failed logins of its own (`LoginThrottle`). It is signed
with a key that the database keeps, and holds only a random number and the time of its issue.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(days=365)
_NONCE_BYTES = 16
_LONGEST = 200


class KnownBrowsers:
    def __init__(self, key: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._key = key
        self._now = now

    def cookie(self, username: str) -> str:
        """A cookie for a browser that has just logged in as `username`."""
        content = f"{secrets.token_hex(_NONCE_BYTES)}.{int(self._now().timestamp())}"
        return f"{content}.{self._signature(username, content)}"

    def known(self, cookie: str, username: str) -> str:
        """The identity of the browser, if `cookie` was issued for `username`; else ""."""
        content, _, signature = cookie.rpartition(".")
        if len(cookie) > _LONGEST or not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._signature(username, content).encode()
        ):
            return ""
        identifier, _, given = content.partition(".")
        return identifier if int(given) + LIFETIME.total_seconds() > self._now().timestamp() else ""

    def _signature(self, username: str, content: str) -> str:
        signed = f"browser\n{username}\n{content}".encode("utf-8", "replace")
        return hmac.new(self._key, signed, hashlib.sha256).hexdigest()
