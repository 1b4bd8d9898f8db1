"""The queue of downloads of a service alone: waiting, running, ended.

A row is on disk before the request is answered, so that no request is forgotten; between its start and its end a
download writes to the database once, when it is pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import DownloadRows
from imagedepot.service.downloads.line.attempt import End
from imagedepot.service.downloads.line.either_queue import KEPT, SAMPLE_SECONDS, SILENT_SECONDS, DownloadQueue
from imagedepot.service.downloads.line.job import ImageKey, Job, same_image
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.events import Feed


class Downloads(DownloadQueue):
    """`_jobs` are waiting and running, in order of their turns; `_wake` is set while there is something to sample."""

    def __init__(
        self,
        rows: DownloadRows,
        pipeline: DownloadPipeline,
        feed: Feed,
        limit: int,
        platform: Callable[[], Platform],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        silent_seconds: float = SILENT_SECONDS,
        ended: Callable[[Download], object] = lambda _: None,
    ) -> None:
        super().__init__(rows, pipeline, feed, limit, platform, now, silent_seconds, ended)
        self._ended: dict[str, Download] = {}  # in order of ending
        self._busy: set[ImageKey] = set()  # images whose worker has not returned yet

    def resume(self) -> None:
        """Resume what an earlier run left, in its order."""
        self._rows.remove_ended_before(self._now() - KEPT)
        with self._lock:
            for download, resolved in self._rows.all():
                if download.ended is None:
                    self._jobs[download.id] = Job(download, resolved, self._now)
                else:
                    self._ended[download.id] = download
                    self._planned.add(download)
            self._forget_old()
            self._changed()
        self._thread.start()
        self._fill()

    def start(self, request: ImageRequest) -> Download:
        with self._lock:
            if (job := self._joined(request)) is not None:
                return job.download
            download = self._enqueue(Job(self._rows.add(request, self._now()), now=self._now))
        self._fill()
        return download

    def remove(self, key: str) -> Download:
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                download = self.get(key)
                self._forget([key])
                return download
            self._end(job, End(DownloadStatus.CANCELLED))
        job.cancellation.cancel()  # its worker returns in its own time; until then it keeps its place
        self._fill()
        return job.download

    def retry(self, key: str) -> Download:
        with self._lock:
            before = self.get(key)
            if before.ended is None:
                return before
            self._planned.drop(key)
            if (job := self._joined(before.request)) is not None:
                return job.download
            waiting = self._again(before)
            self._rows.save(waiting)
            self._unsaved.pop(key, None)
            del self._ended[key]
            download = self._enqueue(Job(waiting, now=self._now))
        self._fill()
        return download

    def begin_again(self, type_: ImageType) -> None:
        """Those at work on this type begin again from what has arrived, into the store that is chosen now.

        Each keeps its turn, and waits until the worker of before has returned.
        """
        with self._lock:
            for key, job in list(self._jobs.items()):
                if job.key[0] is type_ and job.at_work and not job.progress.settled:
                    self._jobs[key] = job.again()
                    job.cancellation.cancel()
        self._fill()

    def set_limit(self, limit: int) -> None:
        self._limit = limit
        self._fill()

    def _every(self) -> Sequence[Download]:
        return [*self._ended.values(), *self._line()]

    def _line(self) -> Sequence[Download]:
        return [job.download for job in self._jobs.values()]

    def _find(self, key: str) -> Download | None:
        job = self._jobs.get(key)
        return job.download if job else self._ended.get(key)

    def _all_jobs(self) -> Collection[Job]:
        return self._jobs.values()

    def _turned(self, line: Sequence[Download], turns: Mapping[str, int]) -> None:
        self._jobs = {each.id: self._jobs[each.id] for each in line}
        for key, turn in turns.items():
            job = self._jobs[key]
            job.download = replace(job.download, turn=turn)
            self._feed.download(job.download)
        self._changed()

    def _save_end(self, download: Download) -> bool:
        self._rows.save(download)
        return True

    def _keep(self, download: Download) -> None:
        self._ended[download.id] = download

    def _drop(self, key: str) -> None:
        self._ended.pop(key, None)

    def _joined(self, request: ImageRequest) -> Job | None:
        """The job that a request for this image may join: none that is only ending, since its image may be removed."""
        return next(
            (
                job
                for job in self._jobs.values()
                if not job.progress.settled and same_image(job.download.request, request, self._platform())
            ),
            None,
        )

    def _enqueue(self, job: Job) -> Download:
        self._jobs[job.download.id] = job
        self._changed()
        self._feed.download(job.download)
        return job.download

    def _fill(self) -> None:
        """Start as many waiting downloads as the limit allows."""
        with self._lock:
            for job in list(self._jobs.values()):
                if self._closing.is_set() or len(self._busy) - self._silent() >= self._limit:
                    return
                if not job.at_work and job.key not in self._busy:
                    self._busy.add(job.key)
                    self._begin(job)
                    self._wake.set()

    def _returned(self, job: Job) -> None:
        with self._lock:
            self._busy.discard(job.key)
        self._fill()

    def _watch(self) -> None:
        """Publish progress a few times a second; sleeps while no download runs."""
        silent = 0
        while not self._closing.is_set():
            with self._lock:
                seconds = self._planned.seconds(self._now())
            self._wake.wait(seconds)
            self._retry_due()
            with self._lock:
                self._sample()
                before, silent = silent, self._silent()
                self._save_ends()
                if not self._busy and not self._unsaved:
                    self._wake.clear()
            if silent > before:
                self._fill()
            self._closing.wait(SAMPLE_SECONDS)
