"""Amounts in words that people read at a glance."""

from __future__ import annotations

from datetime import UTC, datetime

from imagedepot.model.text.moment import parse_moment

_STEP = 1000


def size(amount: float | None) -> str:
    """Bytes in decimal units: `150.2 MB`; empty for None."""
    if amount is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < _STEP:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _STEP
    return f"{amount:.1f} TB"


def count(number: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def seconds(amount: float | None) -> str:
    """`42 s`, `3 min`, `2 h`; empty for None."""
    if amount is None:
        return ""
    for limit, step, unit in ((100, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if amount < limit:
            return f"{amount / step:.0f} {unit}"
    return f"{amount / 86_400:.0f} d"


def age(time: str | None, now: datetime | None = None) -> str:
    """How long ago an RFC 3339 time was: `3 min ago`; empty when it is unknown."""
    if not time:
        return ""
    then = parse_moment(time)
    if then is None:
        return ""
    return f"{seconds(max(0.0, ((now or datetime.now(UTC)) - then).total_seconds()))} ago"


def clock(time: str, now: datetime | None = None) -> str:
    """An RFC 3339 time as the clock on the wall will show it: `18:00 CET`; with the date when that is not today's."""
    try:
        moment = datetime.fromisoformat(time).astimezone()
    except (ValueError, OverflowError):
        return time
    today = (now or datetime.now(UTC)).astimezone().date()
    return f"{moment:%H:%M %Z}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M %Z}"
