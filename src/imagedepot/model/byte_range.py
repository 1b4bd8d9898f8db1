"""Ranges of bytes, as clients ask for them (RFC 9110, 14)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def asked_range(header: str | None, if_range: str | None, size: int, etag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; None for all of it, also for what is no range that we serve. A range
    outside of the content is empty: its first byte is not before its end.

    `header` and `if_range` are the values of the request's headers, `etag` stands in quotes.
    """
    condition = etag if if_range is None else if_range.strip()
    match = _RANGE.fullmatch(header.replace(" ", "").lower()) if header else None
    if match is None or not (match[1] or match[2]) or condition not in (etag, etag.strip('"')):
        return None
    if match[1]:
        return int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    return max(size - int(match[2]), 0), size
