"""A download: one job that brings one image into a store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from imagedepot.model.image import ImageRequest


class DownloadStatus(StrEnum):
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    INSTALLING = "installing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (DownloadStatus.DONE, DownloadStatus.FAILED, DownloadStatus.CANCELLED)


class PartStatus(StrEnum):
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    DONE = "done"
    SHARED = "shared"  # already here, or another download fetched it


@dataclass(frozen=True, slots=True)
class Part:
    """One blob or file of a download. `bytes` are here; `size` is None while it is not known."""

    key: str
    size: int | None
    bytes: int = 0
    status: PartStatus = PartStatus.WAITING


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps against a failure, as far as that is known.

    `login`: the registry that wants one. `missing`: bytes to free. `offered`: the platforms that the image has.
    `retry_at`: when it is tried again by itself.
    """

    login: str = ""
    missing: int | None = None
    offered: tuple[str, ...] = ()
    retry_at: datetime | None = None


NO_REMEDY = Remedy()


@dataclass(frozen=True, slots=True)
class Download:
    """The state of a download at one moment. Sizes in bytes, `rate` in bytes a second, `eta` in seconds.

    While an engine installs the image, it has taken `installed` of `to_install` bytes, if it reports that.
    `waiting_since`: when the last byte came, while the upstream is silent. `error` is one sentence, `reason` the `code`
    of the same error. `queued`: it waits for its turn. The lowest `turn` begins first; those without one, which nobody
    has moved, follow in order of asking.
    """

    id: str
    request: ImageRequest
    status: DownloadStatus
    created: datetime
    ended: datetime | None = None
    error: str | None = None
    warning: str | None = None
    parts: tuple[Part, ...] = ()
    sized: bool = False  # whether the parts, and so the total, are known
    rate: float | None = None
    eta: float | None = None
    installed: int | None = None
    to_install: int | None = None
    waiting_since: datetime | None = None
    reason: str | None = None
    queued: bool = False
    turn: int | None = None
    remedy: Remedy = NO_REMEDY

    @property
    def total(self) -> int | None:
        sizes = [part.size for part in self.parts if part.size is not None]
        return sum(sizes) if self.sized and len(sizes) == len(self.parts) else None

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def percent(self) -> int | None:
        """0 to 100; None while the total is not known, 100 only when every byte is here."""
        if self.status is DownloadStatus.DONE:
            return 100
        total = self.total
        if total is None:
            return None
        return min(100, self.bytes * 100 // total) if total else 100

    def at_rest(self) -> Self:
        """The state without what is only true while the download runs."""
        return replace(self, rate=None, eta=None, installed=None, to_install=None, waiting_since=None, queued=False)
