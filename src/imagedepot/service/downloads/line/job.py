"""A waiting or running download: its progress, and the state that others see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.ingest import key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.retry import SILENCE_SECONDS
from imagedepot.model.download import Download, DownloadStatus, Part, PartStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.platform import Platform
from imagedepot.service.downloads.line.meter import Meter

_SILENCE_SHOWN = 10.0

ImageKey = tuple[ImageType, str, str]


def image_key(request: ImageRequest) -> ImageKey:
    """The row of `local` that a download changes: downloads with the same key run one after the other."""
    return request.type, request.name, "" if request.type is ImageType.LXC else request.tag


def unfinished_name(request: ImageRequest) -> str:
    """The key as one string, for `Unfinished`."""
    return " ".join(image_key(request))


def parts_of(resolved: Resolved) -> frozenset[str]:
    """The part keys of everything that the image is made of."""
    return frozenset([*(digest.key for digest in resolved.digests), *map(key_of, resolved.parts)])


def same_image(one: ImageRequest, other: ImageRequest, platform: Platform) -> bool:
    """Whether both requests are for the same image; `platform` is the default one."""
    return image_key(one) == image_key(other) and (one.platform or platform) == (other.platform or platform)


class Job:
    """A job of the queue. `download`, the state that others see, is replaced as a whole, never changed."""

    def __init__(
        self,
        download: Download,
        resolved: Resolved | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.download = replace(download, queued=True)
        self.resolved = resolved
        self.cancellation = Cancellation(patience=SILENCE_SECONDS)
        self.progress = Progress()
        self.at_work = False
        self.silent = 0.0
        self._now = now
        self._meter = Meter()
        self._last: tuple[object, float, datetime] | None = None

    @property
    def key(self) -> ImageKey:
        return image_key(self.download.request)

    def again(self) -> Job:
        """The same, waiting for its turn; the image is asked for anew."""
        return Job(replace(self.download, status=DownloadStatus.WAITING), now=self._now)

    def sampled(self, now: float) -> Download:
        """The state at this moment; `now` in seconds of a steady clock."""
        parts = self.progress.snapshot()
        status = _status(self.progress.status, parts)
        given = self.progress.given if status is DownloadStatus.INSTALLING else None
        self._meter.sample(parts, now)
        waiting_since = self._heard(status, parts, now)
        state = replace(
            self.download,
            status=status,
            parts=parts,
            sized=self.progress.sized,
            rate=None if status is DownloadStatus.INSTALLING else self._meter.rate,
            installed=given[0] if given else None,
            to_install=given[1] if given else None,
            waiting_since=waiting_since if self.silent >= _SILENCE_SHOWN else None,
            queued=not self.at_work,
        )
        if state.total is None or state.rate is None:
            return state
        return replace(state, eta=self._meter.eta(max(0, state.total - state.bytes)))

    def _heard(self, status: DownloadStatus, parts: Sequence[Part], now: float) -> datetime:
        """The time when the last bytes came; also sets `silent` to the seconds since then."""
        asking = status in (DownloadStatus.DOWNLOADING, DownloadStatus.WAITING)
        state = status if not asking else sum(part.bytes for part in parts)
        if self._last is None or not asking or self._last[0] != state:
            self._last = state, now, self._now()
        self.silent = now - self._last[1]
        return self._last[2]


def _status(status: DownloadStatus, parts: Sequence[Part]) -> DownloadStatus:
    """The status of a download: `waiting` or `verifying` when all unfinished parts are."""
    if status is not DownloadStatus.DOWNLOADING:
        return status
    unfinished = {
        part.status
        for part in parts
        if part.status is not PartStatus.DONE and not (part.status is PartStatus.SHARED and part.bytes == part.size)
    }
    if unfinished == {PartStatus.WAITING}:
        return DownloadStatus.WAITING
    if unfinished == {PartStatus.VERIFYING}:
        return DownloadStatus.VERIFYING
    return DownloadStatus.DOWNLOADING
