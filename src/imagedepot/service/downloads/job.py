"""One download at work: what its worker writes, what others see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imagedepot.cancellation import Cancellation
from imagedepot.content.ingest import key_of
from imagedepot.content.progress import Progress
from imagedepot.model.download import Download, DownloadStatus, Part, PartStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved, ResolvedOci
from imagedepot.model.platform import Platform
from imagedepot.service.downloads.meter import Meter

ImageKey = tuple[ImageType, str, str]


def image_key(request: ImageRequest) -> ImageKey:
    """Two downloads with the same key change the same row of `local`, so they run one after the other."""
    return request.type, request.name, "" if request.type is ImageType.LXC else request.tag


def unfinished_name(request: ImageRequest) -> str:
    """The key in one word, for what a command began."""
    return " ".join(image_key(request))


def parts_of(resolved: Resolved) -> frozenset[str]:
    """Keys of everything that it is made of."""
    if isinstance(resolved, ResolvedOci):
        return frozenset(digest.key for digest in resolved.digests)
    return frozenset(key_of(file) for file in resolved.files)


def same_image(one: ImageRequest, other: ImageRequest, platform: Platform) -> bool:
    """Whether they would bring the same; `platform` is meant where a request names none."""
    return image_key(one) == image_key(other) and (one.platform or platform) == (other.platform or platform)


class Job:
    """`download` is the state that others see; replaced as a whole, never changed."""

    def __init__(self, download: Download, resolved: Resolved | None = None) -> None:
        self.download = download
        self.resolved = resolved
        self.cancellation = Cancellation()
        self.progress = Progress()
        self.at_work = False
        self._meter = Meter()

    @property
    def key(self) -> ImageKey:
        return image_key(self.download.request)

    def sampled(self, now: float) -> Download:
        """Its state at this moment; `now` in seconds of a steady clock."""
        parts = self.progress.snapshot()
        status = _status(self.progress.status, parts)
        given = self.progress.given if status is DownloadStatus.INSTALLING else None
        self._meter.sample(parts, now)
        state = replace(
            self.download,
            status=status,
            parts=parts,
            sized=self.progress.sized,
            rate=None if status is DownloadStatus.INSTALLING else self._meter.rate,
            installed=given[0] if given else None,
            to_install=given[1] if given else None,
        )
        if state.total is None or state.rate is None:
            return state
        return replace(state, eta=self._meter.eta(max(0, state.total - state.bytes)))


def _status(status: DownloadStatus, parts: Sequence[Part]) -> DownloadStatus:
    """Of a download whose every unfinished part waits (for the network), or is verified, that is its status too."""
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
