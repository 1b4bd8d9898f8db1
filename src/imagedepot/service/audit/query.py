"""Reads a query of the audit trail from texts, as requests and command lines have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from imagedepot.errors import InvalidInput
from imagedepot.model.access.audit import AuditOutcome, AuditQuery

_DAY = 10  # characters of a date


def parse_query(texts: Mapping[str, str]) -> AuditQuery:
    """Keys as those of `AuditQuery`; an empty text is none. Raises `InvalidInput`."""
    return AuditQuery(
        texts.get("actor", ""),
        texts.get("action", ""),
        _outcome(texts.get("outcome", "")),
        texts.get("address", ""),
        texts.get("text", ""),
        _moment("since", texts.get("since", "")),
        _moment("until", texts.get("until", ""), is_end=True),
        _id(texts.get("before", "")),
    )


def _outcome(text: str) -> AuditOutcome | None:
    try:
        return AuditOutcome(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"outcome is one of {', '.join(AuditOutcome)}") from error


def _moment(name: str, text: str, is_end: bool = False) -> datetime | None:
    """A date and time; a date alone stands for its beginning, or for its end at the end of a range."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        if len(text) == _DAY and is_end:
            parsed += timedelta(days=1)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} is a date such as 2026-11-27, or a time such as 2026-11-27T20:00:00Z") from error


def _id(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("before is the id of an event")
    return int(text) if text else None
