"""Retries: how often an upstream is asked again, and how long we wait in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.pace import Pace
from imagedepot.errors import DepotError, NetworkLost, RateLimited, StorageUnavailable, Unavailable

SILENCE_SECONDS = 300.0
"""How long a download waits for an answer, and then for each further byte."""


_PASSING = (NetworkLost, StorageUnavailable)
"""No fault of the upstream: they are given `lost_network` seconds to pass."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The rules of retrying. Times in seconds; `jitter` draws between 0 and 1, `least_speed` is in bytes a second.

    `rate_limited_waits` are those after a 429 that names no time.
    """

    attempts: int = 5
    longest_wait: float = 10.0
    longest_retry_after: float = 60.0
    lost_network: float = 600.0
    first_wait: float = 0.5
    rate_limited_waits: Sequence[float] = (1.0, 2.0, 4.0, 8.0, 16.0)
    least_speed: int = 1000
    speed_window: float = 300.0
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random

    def begin(self) -> Retry:
        return Retry(self)

    def pace(self) -> Pace:
        return Pace(self.least_speed, self.speed_window, self.clock)


class Retry:
    """One operation that is retried: counts the attempts without a new byte, and waits between them."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._waits = 0
        self._limited = 0
        self._furthest = 0
        self._progressed = False
        self._lost_since: float | None = None

    def reached(self, offset: int) -> None:
        """Record that bytes came, up to `offset`.

        A new byte resets the count of attempts; a byte that was here does not.
        """
        if offset > self._furthest:
            self._furthest = offset
            self._progressed = True

    def failed(self, error: DepotError, cancellation: Cancellation) -> None:
        """Wait before the next attempt, or raise `error` when no attempt is left. Raises `Cancelled`."""
        cancellation.check()
        if self._progressed:
            self._limited = 0
        asked = error.retry_after if isinstance(error, Unavailable) else None
        names_no_time = isinstance(error, RateLimited) and asked is None and not error.is_quota
        if names_no_time:
            asked = self._rate_limited_wait()
        if (not error.retryable and asked is None) or (asked or 0) > self._policy.longest_retry_after:
            raise error
        if self._progressed:
            self._failures, self._waits, self._progressed, self._lost_since = 0, 0, False, None
        elif not isinstance(error, _PASSING) and not names_no_time:  # those have a count of their own
            self._failures += 1
        if isinstance(error, _PASSING):
            now = self._policy.clock()
            self._lost_since = now if self._lost_since is None else self._lost_since
            if now - self._lost_since >= self._policy.lost_network:
                raise error
        elif self._failures >= self._policy.attempts:
            raise error
        cancellation.wait(asked if asked is not None else self._pause())
        self._waits += 1

    def _rate_limited_wait(self) -> float | None:
        """Seconds to wait after a 429 that names no time; None after too many of them since the last new byte."""
        waits = self._policy.rate_limited_waits
        self._limited += 1
        return waits[self._limited - 1] if self._limited <= len(waits) else None

    def _pause(self) -> float:
        """Seconds to wait: doubling, with jitter, so that many clients do not retry in step."""
        ceiling = min(self._policy.longest_wait, self._policy.first_wait * 2.0 ** min(self._waits, 30))
        return ceiling * (0.5 + 0.5 * self._policy.jitter())
