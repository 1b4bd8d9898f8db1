"""How times and keys are written."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second: `2026-11-23T20:00:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
