"""Parses dates from outside into UTC; None for what is not a date or means that there is none."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_moment(text: object) -> datetime | None:
    """Parse a date and time of RFC 3339 (nanoseconds and `Z` included); without a time zone it is taken as UTC.

    Returns None for anything else, for a date outside of the years 1 to 9999 in UTC, and for the year 1, which is how
    Go writes that there is no date.
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
    """Convert seconds since 1970; None for anything else, and for 1970 itself, which stands for an unknown date."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return time if time.year > 1970 else None
