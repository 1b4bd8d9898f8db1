"""Decides when to ask about each image: once an interval, spread over it, later while a limit is low."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from imagedepot.errors import DepotError, NetworkLost, RateLimited
from imagedepot.model.following.updates import (
    UpdateAction,
    UpdateCheck,
    UpdateKey,
    UpdateRule,
    is_followed,
    update_key,
    upstream_host,
)
from imagedepot.model.image import InstalledImage
from imagedepot.model.limits import Limits
from imagedepot.model.names.reference import DOCKER_HUB

_FIRST = timedelta(minutes=1)  # a start has more important things to do
_APART = timedelta(seconds=10)  # between two images that have to be caught up with
_JITTER = 0.1
_LOW = 0.2  # of the limit is left
_SLOWER = 4  # times the interval while it is low
_OFFLINE = timedelta(minutes=15)  # no question has reached anybody
_PAUSE = timedelta(minutes=15)  # where an upstream rate-limits us and does not say for how long


class Schedule:
    """Not safe for threads: it belongs to the one that asks. `dice` returns from 0 to below 1."""

    def __init__(self, now: Callable[[], datetime], dice: Callable[[], float], limits: Callable[[], Limits]) -> None:
        self._now = now
        self._dice = dice
        self._limits = limits
        self._due: dict[UpdateKey, datetime] = {}
        self._line: list[tuple[datetime, UpdateKey]] = []
        self._paused: dict[str, datetime] = {}

    def follow(
        self,
        images: Mapping[UpdateKey, InstalledImage],
        rule_of: Callable[[InstalledImage], UpdateRule],
        known: Callable[[UpdateKey], UpdateCheck | None],
    ) -> None:
        """Set the images to ask about."""
        now = self._now()
        wanted: dict[UpdateKey, datetime] = {}
        late: list[tuple[UpdateKey, timedelta]] = []
        for key, image in images.items():
            rule = rule_of(image)
            if rule.action is UpdateAction.OFF or not is_followed(image):
                continue
            check = known(key)
            at = self._due.get(key)
            if at is None:
                here = image.installed_at  # what was downloaded then was the newest
                at = check.due if check else (self._after(rule, min(here, now)) if here else now)
                if at <= now:
                    late.append((key, rule.every))
            if check is not None:
                at = min(at, check.tried + rule.every * (_SLOWER + 1))  # the rule asks more often than it did
            wanted[key] = at
        for key, every in late:
            wanted[key] = now + _FIRST + self._dice() * min(every, _APART * len(late))
        self._due = wanted
        self._line = [(at, key) for key, at in wanted.items()]
        heapq.heapify(self._line)

    def take(self, images: Mapping[UpdateKey, InstalledImage]) -> UpdateKey | None:
        """The next one that is due, if any; it is not due again before `put`. One whose upstream is paused waits."""
        now = self._now()
        while self._line and self._line[0][0] <= now:
            at, key = heapq.heappop(self._line)
            if self._due.get(key) != at or key not in images:
                continue
            until = self.paused(upstream_host(images[key]))
            if until is None:
                return key
            self.put(key, until + self._dice() * _PAUSE)
        return None

    def put(self, key: UpdateKey, at: datetime) -> None:
        self._due[key] = at
        heapq.heappush(self._line, (at, key))

    @property
    def next(self) -> datetime | None:
        """The time when something is due next."""
        return self._line[0][0] if self._line else None

    def after(self, rule: UpdateRule, image: InstalledImage) -> datetime:
        """When an image that is asked about now is due again: an interval later, or some while its limit is low."""
        limits = self._limits() if upstream_host(image) == DOCKER_HUB else Limits()
        is_low = limits.limit is not None and limits.remaining is not None and limits.remaining < limits.limit * _LOW
        return self._after(rule, self._now(), _SLOWER if is_low else 1)

    def failed(self, image: InstalledImage, error: DepotError) -> datetime | None:
        """When to ask about the image again after `error`; None for its usual time."""
        now = self._now()
        if isinstance(error, NetworkLost):
            return now + _OFFLINE * (1 + self._dice())
        if isinstance(error, RateLimited):
            seconds = timedelta(seconds=error.retry_after) if error.retry_after is not None else _PAUSE
            self._paused[upstream_host(image)] = max(error.until or now, now + seconds)
        return None

    def paused(self, host: str) -> datetime | None:
        """Until when this upstream is not asked."""
        until = self._paused.get(host)
        return until if until is not None and until > self._now() else None

    def _after(self, rule: UpdateRule, moment: datetime, times: int = 1) -> datetime:
        return moment + rule.every * times * (1 + _JITTER * self._dice())


def keyed(images: Iterable[InstalledImage]) -> Mapping[UpdateKey, InstalledImage]:
    return {update_key(image): image for image in images}
