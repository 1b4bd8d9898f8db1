"""Docker Hub's limit on pulls, as its answers last reported it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """`window` in seconds; `resets` is when the count starts again at the latest (UTC); `source`: the address or
    account that is counted. All None before the first answer, and where nothing is limited.
    """

    limit: int | None = None
    remaining: int | None = None
    window: int | None = None
    resets: datetime | None = None
    source: str | None = None
