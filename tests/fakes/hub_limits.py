"""Docker Hub's two limits: pulls at the registry, requests at the API (upstreams.md 1.3)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from uuid import NAMESPACE_DNS, uuid5

from tests.fakes.message import Answer, Headers

_TOO_MANY = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"
_TOO_MANY_KNOWN = (
    "You have reached your pull rate limit as '{}'. You may increase the limit by upgrading. "
    "https://www.docker.com/increase-rate-limit"
)


class PullLimit:
    """Manifest GETs per source; HEAD is free. `None` as a limit: no headers, no end (a paid account)."""

    def __init__(self, anonymous: int | None = 100, known: int | None = 200, window: int = 21600) -> None:
        self.anonymous, self.known, self.window = anonymous, known, window
        self.used: Counter[str] = Counter()
        self._lock = threading.Lock()

    def limit(self, user: str | None) -> int | None:
        """Pulls that a user (None: anonymous) has in one window."""
        return self.known if user else self.anonymous

    def source(self, user: str | None) -> str:
        """What docker-ratelimit-source says: an address, or an account's id."""
        return str(uuid5(NAMESPACE_DNS, user)) if user else "192.0.2.1"

    def exhaust(self, user: str | None = None) -> None:
        """Use up what is left."""
        self.used[self.source(user)] = self.limit(user) or 0

    def reset(self) -> None:
        """The window is over."""
        self.used.clear()

    def left(self, user: str | None) -> int | None:
        """Pulls left; None: no limit."""
        limit = self.limit(user)
        return None if limit is None else max(0, limit - self.used[self.source(user)])

    def count(self, user: str | None) -> None:
        """One pull."""
        with self._lock:
            self.used[self.source(user)] += 1

    def headers(self, user: str | None) -> Headers:
        """What both GET and HEAD of a manifest carry."""
        limit, left = self.limit(user), self.left(user)
        if limit is None:
            return ()
        return (
            ("ratelimit-limit", f"{limit};w={self.window}"),
            ("ratelimit-remaining", f"{left};w={self.window}"),
            ("docker-ratelimit-source", self.source(user)),
        )

    def refusal(self, user: str | None) -> Answer:
        """429 TOOMANYREQUESTS; Retry-After is not promised, so there is none."""
        words = _TOO_MANY_KNOWN.format(user) if user else _TOO_MANY
        return Answer.errors(429, "TOOMANYREQUESTS", words, headers=self.headers(user))


class ApiLimit:
    """Requests a minute at hub.docker.com, told in `X-RateLimit-*` on every answer."""

    def __init__(self, limit: int = 180, clock: Callable[[], float] = time.time) -> None:
        self.limit, self._clock = limit, clock
        self._used, self._until = 0, 0.0
        self._lock = threading.Lock()

    def take(self) -> tuple[Headers, Answer | None]:
        """Count one request: the headers of its answer, and the 429 if there is nothing left."""
        with self._lock:
            if self._clock() >= self._until:
                self._used, self._until = 0, self._clock() + 60
            over = self._used >= self.limit
            self._used += 0 if over else 1
            headers: Headers = (
                ("X-RateLimit-Limit", str(self.limit)),
                ("X-RateLimit-Remaining", str(self.limit - self._used)),
                ("X-RateLimit-Reset", str(int(self._until))),
            )
        if not over:
            return headers, None
        retry = ("X-Retry-After", str(int(self._until)))
        return headers, Answer.json(429, {"detail": "Rate limit exceeded", "error": False}, (retry,))
