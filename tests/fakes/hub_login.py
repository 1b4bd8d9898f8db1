"""Logging in to hub.docker.com, whose tokens are for its API only (upstreams.md 1.2, "Login")."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.message import Answer, Request

LIFETIME = 600.0
_WRONG = {"detail": "Incorrect authentication credentials"}


class HubLogin:
    """Knows `accounts` (user -> password), gives out session tokens that live ten minutes.

    A user in `two_factor` gets a `login_2fa_token` with a 401 instead.
    """

    def __init__(self, accounts: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self.two_factor: set[str] = set()
        self._accounts, self._clock, self._ahead = accounts, clock, 0.0
        self._sessions: dict[str, tuple[str, float]] = {}

    def expire_all(self) -> None:
        """Every session so far is too old from now on."""
        self._ahead += LIFETIME + 1

    def answer(self, request: Request) -> Answer:
        """`POST /v2/auth/token` and the deprecated `POST /v2/users/login`."""
        new = request.path.rstrip("/") == "/v2/auth/token"
        if request.method != "POST":
            return Answer.json(405, {"detail": f'Method "{request.method}" not allowed.'})
        try:
            form = json.loads(request.body)
        except ValueError:
            return Answer.json(400, {"detail": "JSON parse error"})
        user, secret = (form.get(key) for key in (("identifier", "secret") if new else ("username", "password")))
        if not user or self._accounts.get(user) != secret:
            return Answer.json(401, _WRONG)
        if user in self.two_factor:
            return Answer.json(401, {"detail": "Require secondary authentication", "login_2fa_token": "fake-2fa"})
        token = f"fake-session-{len(self._sessions) + 1}"
        self._sessions[token] = (user, self._clock() + self._ahead + LIFETIME)
        body: dict[str, Any] = {"access_token": token} if new else {"token": token, "refresh_token": f"{token}-again"}
        return Answer.json(200, body)

    def user(self, request: Request) -> str | None:
        """Whose session a request carries, None without a good one."""
        user, until = self._sessions.get((request.header("Authorization") or "").partition(" ")[2], ("", 0.0))
        return user if user and self._clock() + self._ahead < until else None

    def refuse(self, request: Request) -> Answer | None:
        """401 for an Authorization that is no good session, also where none is needed (docker/for-mac#6028)."""
        if request.header("Authorization") and self.user(request) is None:
            return Answer.json(401, {"detail": "Invalid token", "message": "unauthorized"})
        return None
