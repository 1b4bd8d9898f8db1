"""The progress of one download, part by part: written by its threads, sampled by readers.

Writing is a plain attribute store per chunk, without a lock; readers sample it a few times a second.
"""

from __future__ import annotations

from collections.abc import Iterable

from imagedepot.model.download import DownloadStatus, Part, PartStatus


class PartProgress:
    """One blob or file. `bytes` counts all bytes that are here, those from before a restart included."""

    __slots__ = ("bytes", "key", "size", "status")

    def __init__(self, key: str, size: int | None) -> None:
        self.key = key
        self.size = size
        self.bytes = 0
        self.status = PartStatus.WAITING

    def finish(self, status: PartStatus, size: int) -> None:
        """Mark the part as complete."""
        self.size = self.bytes = size
        self.status = status

    def snapshot(self) -> Part:
        return Part(self.key, self.size, self.bytes, self.status)


class Progress:
    """All parts of one download.

    `sized`: no further part will be added. `given`: bytes that the store has taken, and bytes in all, while it
    installs. `settled`: the image is in its store, so what happens to it from now on is no longer part of this
    download.
    """

    def __init__(self) -> None:
        self._parts: dict[str, PartProgress] = {}
        self.status = DownloadStatus.WAITING
        self.sized = False
        self.given: tuple[int, int] | None = None
        self.settled = False

    def expect(self, parts: Iterable[tuple[str, int | None]]) -> None:
        """Make parts known before the first byte; a key that is known already stays as it is."""
        known = dict(self._parts)
        for key, size in parts:
            known.setdefault(key, PartProgress(key, size))
        self._parts = known  # replaced, never changed in place: readers need no lock

    def part(self, key: str) -> PartProgress:
        if key not in self._parts:
            self.expect([(key, None)])
        return self._parts[key]

    def snapshot(self) -> tuple[Part, ...]:
        return tuple(part.snapshot() for part in self._parts.values())
