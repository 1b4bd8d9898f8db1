"""Reads whether and how long an upstream asks us to wait, in all the ways in which upstreams write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from imagedepot.errors import RateLimited
from imagedepot.remote.http.answers.answer import Answer

TRY_AGAIN = (408, 425)
_GO_DURATION = re.compile(r"retry[- ]after:?\s*([0-9.]+)(ns|us|µs|μs|ms|s|m|h)\b", re.IGNORECASE)
_GO_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST = 1.0  # a shared bucket that is empty for a microsecond is empty again at once
_LONGEST = 366 * 86_400.0


def retry_after(answer: Answer, words: str, now: datetime) -> float | None:
    """Seconds from `now`; None when the answer names no time. `words`: the text of the body."""
    plain = answer.header("Retry-After").strip()
    if re.fullmatch(r"\d{1,9}", plain):
        return min(float(plain), _LONGEST)
    if plain:
        try:
            moment = parsedate_to_datetime(plain)
            return _until(moment if moment.tzinfo else moment.replace(tzinfo=UTC), now)
        except (ValueError, TypeError, OverflowError):
            pass
    stamp = answer.header("X-Retry-After").strip()  # the Hub API's: a Unix time
    if re.fullmatch(r"\d{1,11}", stamp):
        return _until(datetime.fromtimestamp(int(stamp), UTC), now)
    match = _GO_DURATION.search(words[:2000])
    if match and match[1].count(".") <= 1 and match[1] != ".":
        return min(max(float(match[1]) * _GO_SECONDS[match[2].lower()], _SHORTEST), _LONGEST)
    return None


def rate_limited(what: str, who: str, seconds: float | None, now: datetime) -> RateLimited:
    """The error for a 429; its sentence names the end of the limit if that is known. `what` is empty or an image."""
    begin = f"{what}: rate limited by {who}" if what else f"Rate limited by {who}"
    if seconds is None:
        return RateLimited(f"{begin}, which does not say until when")
    until = now + timedelta(seconds=seconds)
    day = "" if until.date() == now.date() else f"{until:%Y-%m-%d} "
    clock = f"{until:%H:%M}" if seconds >= 60 else f"{until:%H:%M:%S}"
    return RateLimited(f"{begin} until {day}{clock} UTC", until, seconds)


def _until(moment: datetime, now: datetime) -> float:
    return min(max(0.0, (moment - now).total_seconds()), _LONGEST)
