"""Retries of interactive calls while an upstream rate-limits us."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.errors import RateLimited

T = TypeVar("T")
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_RETRY_AFTER = 60.0


def backing_off(ask: Callable[[], T], cancellation: Cancellation, pauses: Sequence[float] = PAUSES) -> T:
    """Call `ask` until it is not rate-limited; `pauses` in seconds are waited unless the upstream names a time.

    Raises `RateLimited` when a quota is used up, when the upstream asks for more than a minute, and when the pause
    does not fit before the deadline.
    """
    for pause in pauses:
        try:
            return ask()
        except RateLimited as error:
            seconds = pause if error.retry_after is None else error.retry_after
            if error.is_quota or seconds > _LONGEST_RETRY_AFTER or seconds >= cancellation.seconds_left:
                raise
            cancellation.wait(seconds)
    return ask()
