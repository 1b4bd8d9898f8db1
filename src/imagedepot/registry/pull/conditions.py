"""Conditions and ranges of requests (RFC 9110, 13 and 14)."""

from __future__ import annotations

from starlette.requests import Request

from imagedepot.model import byte_range
from imagedepot.registry.errors import Code, Refusal


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the client has what `etag` names."""
    known = ",".join(request.headers.getlist("if-none-match"))
    return any(each.strip().removeprefix("W/") in (etag, etag.strip('"'), "*") for each in known.split(",") if each)


def asked_range(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; None for all of it, also for what is no range that we serve.

    Raises `Refusal` for a range outside of the blob.
    """
    part = byte_range.asked_range(request.headers.get("range"), request.headers.get("if-range"), size, etag)
    if part is not None and part[0] >= part[1]:
        unsatisfied = {"Content-Range": f"bytes */{size}"}
        raise Refusal(Code.RANGE_INVALID, f"The blob has {size:,} bytes", headers=unsatisfied)
    return part
