"""Dates as others write them: a value of ours in UTC, or None where there is none to show."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_moment(text: object) -> datetime | None:
    """A date and time of RFC 3339 (nanoseconds and `Z` included) in UTC; one without a time zone is taken as UTC.

    None for anything else, for one that falls out of the years 1 to 9999 in UTC, and for the year 1, which is how Go
    writes that there is no date.
    """
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year > 1 else None


def from_timestamp(seconds: object) -> datetime | None:
    """Seconds since 1970 as a moment; None for anything else, and for 1970 itself, which means that nobody knows."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.year > 1970 else None
