"""Lengths of time as people write them: `30m`, `6h`, `1d`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

from imagedepot.errors import InvalidInput

_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_WRITTEN = re.compile(r"(\d{1,5})\s*([wdhm])")


def parse_duration(text: str, what: str) -> timedelta:
    """Parse a length of time; `what` begins the sentence of an error. Raises `InvalidInput`."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidInput(f"{what}: {text[:40]!r} is not a length of time such as 30m, 6h, 1d or 2w")
    return int(found[1]) * _UNITS[found[2]]


def duration_text(length: timedelta) -> str:
    """A length of time in the largest unit without a remainder; "" for none."""
    if not length:
        return ""
    unit = next((each for each, size in _UNITS.items() if length % size == timedelta()), "m")
    return f"{length // _UNITS[unit]}{unit}"
