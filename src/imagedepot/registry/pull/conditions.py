"""Conditions and ranges of requests (RFC 9110, 13 and 14)."""

from __future__ import annotations

import re

from starlette.requests import Request

from imagedepot.registry.errors import Code, Refusal

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the client has what `etag` names."""
    known = ",".join(request.headers.getlist("if-none-match"))
    return any(each.strip().removeprefix("W/") in (etag, etag.strip('"'), "*") for each in known.split(",") if each)


def asked_range(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; None for all of it, also for what is no range that we serve.

    Raises `Refusal` for a range outside of the blob.
    """
    header = request.headers.get("range")
    condition = request.headers.get("if-range", etag).strip()
    match = _RANGE.fullmatch(header.replace(" ", "").lower()) if header else None
    if match is None or not (match[1] or match[2]) or condition not in (etag, etag.strip('"')):
        return None
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        unsatisfied = {"Content-Range": f"bytes */{size}"}
        raise Refusal(Code.RANGE_INVALID, f"The blob has {size:,} bytes", headers=unsatisfied)
    return start, end
