"""Maintenance windows: `02:00-05:00`, `sat,sun 01:00-06:00`, `mon-fri 22:00-06:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from imagedepot.errors import InvalidInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(r"(?:([a-z,\- ]+?)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_LONGEST = 100  # blanks in a long text would keep the expression busy for hours


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` to `end` on `days` (0 is Monday); across midnight it belongs to the day on which it begins."""

    days: frozenset[int]
    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `InvalidInput`."""
        found = _WRITTEN.fullmatch(text.strip().lower()) if len(text) <= _LONGEST else None
        try:
            if found is None:
                raise ValueError
            begin, end = time(int(found[2]), int(found[3])), time(int(found[4]), int(found[5]))
            if begin == end:
                raise ValueError
            return cls(_days(found[1] or ""), begin, end)
        except ValueError:
            raise InvalidInput(
                f"{text[:60]!r} is not a maintenance window: write 02:00-05:00, or sat,sun 01:00-06:00"
            ) from None

    def holds(self, moment: datetime) -> bool:
        """Whether `moment`, in local time, is within."""
        clock, day = moment.time(), moment.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= clock < self.end
        if clock >= self.begin:
            return day in self.days
        return clock < self.end and (day - 1) % 7 in self.days

    def opens(self, moment: datetime) -> datetime:
        """When it opens next, from `moment`, in local time, on; `moment` itself while it is open."""
        if self.holds(moment):
            return moment
        for ahead in range(8):
            day = moment + timedelta(days=ahead)
            begin = day.replace(hour=self.begin.hour, minute=self.begin.minute, second=0, microsecond=0)
            if begin >= moment and begin.weekday() in self.days:
                return begin
        raise AssertionError("a window has a day")


def _days(text: str) -> frozenset[int]:
    """The days that a text names; every day for "". Raises `ValueError`."""
    if not text.strip():
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        begin = _DAYS.index(first[:3])
        end = _DAYS.index(last[:3]) if dash else begin
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)
