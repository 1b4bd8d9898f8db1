"""The queue of downloads for its callers: of a service alone (`queue.py`), or of all nodes (`shared_queue.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from imagedepot.errors import NotFound
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.service.downloads.line.job import ImageKey

LISTED = 1_000  # rows without paging


class DownloadQueue(Protocol):
    """`state` is another number after every change of `all`; `active` and `under_way` are replaced, never changed in
    place. `tally`: those that ended in this process; the last part is the reason."""

    tally: Counter[tuple[ImageType, DownloadStatus, str]]
    state: int
    active: tuple[Download, ...]
    under_way: frozenset[ImageKey]

    def resume(self) -> None:
        """Begin to work, also on what an earlier run left."""

    def start(self, request: ImageRequest) -> Download:
        """Add a download and return at once; a request for an image that is under way joins that download."""

    def all(self) -> list[Download]:
        """Newest first, ended ones included."""

    def recent(self) -> list[Download]:
        """The newest, and every one that is under way; newest first."""

    def page(self, limit: int, before: str | None = None) -> list[Download]:
        """The newest, or those that follow the download `before` in the order of `all`. Raises `NotFound`."""

    def get(self, key: str) -> Download:
        """Raises `NotFound`."""

    def remove(self, key: str) -> Download:
        """Cancel it, or forget it when it has ended. Its last state. Raises `NotFound`."""

    def retry(self, key: str) -> Download:
        """Start a download that has ended again; one under way stays as it is. Raises `NotFound`."""

    def move(self, key: str, place: int) -> Download:
        """Put it at `place`, from 1, of those that wait for their turn. Raises `NotFound`, `Conflict`."""

    def clear(self, before: datetime) -> list[str]:
        """Forget those that were done or cancelled by then, and keep those that failed; the ids of the forgotten."""

    def set_limit(self, limit: int) -> None: ...

    def partial_keys(self) -> frozenset[str]:
        """Keys of the partial files that a download may still resume."""

    def needed(self) -> frozenset[Digest]:
        """What no clean-up may take from a download."""

    @property
    def is_alive(self) -> bool: ...

    def close(self, seconds: float = 2.0) -> None:
        """Stop at once; what is under way is resumed later."""


def newest(every: Sequence[Download]) -> list[Download]:
    """`LISTED` of those in order, and every one that is under way."""
    return [each for at, each in enumerate(every) if at < LISTED or each.ended is None]


def page(every: Sequence[Download], limit: int, before: str | None) -> list[Download]:
    """Raises `NotFound`."""
    if before is None:
        return list(every[:limit])
    for at, download in enumerate(every):
        if download.id == before:
            return list(every[at + 1 : at + 1 + limit])
    raise NotFound(f"Download not found: {before}")
