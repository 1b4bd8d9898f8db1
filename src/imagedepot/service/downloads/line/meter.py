"""Measures how fast a download is, and how long it will take."""

from __future__ import annotations

import math
from collections.abc import Sequence

from imagedepot.model.download import Part, PartStatus

_SMOOTHING_SECONDS = 3.0
_ACTIVE = (PartStatus.DOWNLOADING, PartStatus.VERIFYING, PartStatus.DONE)


class Meter:
    """Smoothed over some seconds. Only bytes that came over the network count: not those found on disk, not shared."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._at: float | None = None
        self.rate: float | None = None

    def sample(self, parts: Sequence[Part], now: float) -> None:
        """`now` in seconds of a steady clock."""
        came, seen = 0, {}
        for part in parts:
            if part.status in _ACTIVE:
                seen[part.key] = part.bytes
                came += max(0, part.bytes - self._seen.get(part.key, part.bytes))
        self._seen = seen
        if self._at is not None and now > self._at:
            elapsed = now - self._at
            momentary = came / elapsed
            if self.rate is None:
                self.rate = momentary if came else None
            else:
                self.rate += (momentary - self.rate) * (1 - math.exp(-elapsed / _SMOOTHING_SECONDS))
        self._at = now

    def eta(self, missing: int | None) -> float | None:
        """Seconds until `missing` bytes are here; None while that is not known."""
        if missing is None or not self.rate or self.rate < 1:
            return None
        return missing / self.rate
