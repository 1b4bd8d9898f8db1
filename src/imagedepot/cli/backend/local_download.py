"""A download in this process: it runs in a thread of its own, and its row is sampled until it has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.cli.backend.protocol import Json
from imagedepot.errors import Cancelled, DepotError
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest
from imagedepot.service.downloads.line.job import Job, parts_of, unfinished_name
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.images.downloads import Download as DownloadRow
from imagedepot.wiring.cold import Cold

_SECONDS_BETWEEN_LOOKS = 0.1
_LAST_SECONDS = 2.0


def download(cold: Cold, request: ImageRequest) -> Iterator[Json]:
    """Yield the download's row until it has ended; the last row has the result.

    Closing the iterator, which Ctrl-C does, ends the work; the next pull resumes its partial files.
    """
    return run(cold, cold.images.accepted(request))


def run(cold: Cold, request: ImageRequest) -> Iterator[Json]:
    """As `download`, for a request that no catalog has to be asked about."""
    job = Job(Download("", request, DownloadStatus.WAITING, datetime.now(UTC)))
    ended: list[Download] = []
    worker = threading.Thread(target=lambda: ended.append(_run(cold, job)), daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            yield plain(DownloadRow.of(job.sampled(time.monotonic())))
            worker.join(_SECONDS_BETWEEN_LOOKS)
        yield plain(DownloadRow.of(ended[0]))
    finally:
        job.cancellation.cancel()
        worker.join(_LAST_SECONDS)


def _run(cold: Cold, job: Job) -> Download:
    """Run the job to its end; the download's last state."""
    request = job.download.request
    error = reason = warning = None
    try:
        outcome = cold.pipeline.run(
            request,
            job.progress,
            job.cancellation,
            on_resolved=lambda resolved: cold.unfinished.note(unfinished_name(request), parts_of(resolved)),
        )
        warning = outcome.warning or None
        status = DownloadStatus.DONE
    except Cancelled:
        status = DownloadStatus.CANCELLED
    except DepotError as failure:
        status, error, reason = DownloadStatus.FAILED, cold.pipeline.sentence(request, failure), failure.code
    state = job.sampled(time.monotonic()).at_rest()
    return replace(state, status=status, ended=datetime.now(UTC), error=error, reason=reason, warning=warning)
