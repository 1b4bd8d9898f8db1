"""What clean-ups must leave to downloads: what they have fetched, and may resume."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from imagedepot.content.transfer.ingest import key_of
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.service.downloads.line.job import Job


def partial_keys(jobs: Collection[Job], ended: Iterable[Download]) -> frozenset[str]:
    """Keys of the partial files that a download, also one that failed, may still resume. Those of a cancelled one a
    clean-up may take: no download waits for it, and a retry fetches again what is gone."""
    known = [*_failed(ended), *(job.download for job in jobs)]
    kept = {part.key for each in known for part in each.parts}
    for job in jobs:
        kept.update(part.key for part in job.progress.snapshot())
        if job.resolved is not None:
            kept.update(key_of(item) for item in job.resolved.parts)
    return frozenset(kept)


def needed(jobs: Iterable[Job], ended: Iterable[Download]) -> frozenset[Digest]:
    """What waiting, running and failed downloads have fetched or will fetch; no clean-up may take it from them.

    One that is being installed holds a lease for as long as it needs its content.
    """
    waiting = [job for job in jobs if job.progress.status is not DownloadStatus.INSTALLING]
    parts = [part for job in waiting for part in job.progress.snapshot()]
    parts += [part for each in _failed(ended) for part in each.parts]
    pinned = [job.resolved.digests for job in waiting if job.resolved is not None]
    digests = (Digest.from_key(part.key) for part in parts)
    return frozenset(digest for digest in digests if digest is not None).union(*pinned)


def _failed(ended: Iterable[Download]) -> list[Download]:
    return [each for each in ended if each.status is DownloadStatus.FAILED]
