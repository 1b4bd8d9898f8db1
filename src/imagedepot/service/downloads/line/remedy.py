"""What helps against a failure, for the person who reads it, and what is done without one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from imagedepot.errors import (
    DepotError,
    NoSuchPlatform,
    RateLimited,
    StorageFailure,
    UpstreamDenied,
    UpstreamNotFound,
)
from imagedepot.model.download import NO_REMEDY, Download, Remedy
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.names.reference import Reference

SOONEST = timedelta(minutes=1)  # a registry that names a moment again and again is not asked more often
LATEST = timedelta(days=7)  # a later moment is no promise worth giving
_LOOK_SECONDS = 60.0  # clocks are set, and devices sleep


def remedy_of(error: DepotError, request: ImageRequest, now: datetime) -> Remedy:
    if isinstance(error, RateLimited) and error.until is not None and error.until <= now + LATEST:
        return Remedy(retry_at=max(error.until, now + SOONEST))
    if isinstance(error, StorageFailure):
        return Remedy(missing=error.missing)
    if isinstance(error, NoSuchPlatform):
        return Remedy(offered=error.offered)
    denied = isinstance(error, UpstreamDenied) or (isinstance(error, UpstreamNotFound) and error.may_be_hidden)
    if denied and request.type is ImageType.DOCKER:
        return Remedy(login=Reference.for_tag(request.name, request.tag).registry)
    return NO_REMEDY


class PlannedRetries:
    """Which failed downloads are tried again by themselves, and when. Use it under a lock."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}

    def add(self, download: Download) -> None:
        """Nothing, for one without a time."""
        if download.remedy.retry_at is not None:
            self._at[download.id] = download.remedy.retry_at

    def put_off(self, key: str, now: datetime) -> None:
        self._at[key] = now + SOONEST

    def drop(self, key: str) -> None:
        self._at.pop(key, None)

    def due(self, now: datetime) -> Sequence[str]:
        return [key for key, at in self._at.items() if at <= now]

    def seconds(self, now: datetime) -> float | None:
        """How long to wait before the next look; None while nothing is planned."""
        if not self._at:
            return None
        return min(max(0.0, (min(self._at.values()) - now).total_seconds()), _LOOK_SECONDS)
