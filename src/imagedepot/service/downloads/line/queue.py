"""The queue of downloads: waiting, running, ended.

A row is on disk before the request is answered, so that no request is forgotten; between its start and its end a
download writes to the database once, when it is pinned. `active` and `under_way` are immutable and replaced as a whole:
reading them takes no lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from imagedepot.errors import Conflict, NotFound, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import DownloadRows
from imagedepot.service.downloads.line import kept, order
from imagedepot.service.downloads.line.attempt import attempt
from imagedepot.service.downloads.line.either_queue import newest, page
from imagedepot.service.downloads.line.job import ImageKey, Job, image_key, same_image
from imagedepot.service.downloads.line.remedy import PlannedRetries
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.events import Feed

KEPT = timedelta(days=30)
MOST_KEPT = 5_000  # ended downloads; the oldest go first
_EXCESS = 100  # so many more than MOST_KEPT before rows are deleted: not one by one
SAMPLE_SECONDS = 0.25
SILENT_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Downloads:
    """`limit` at a time; `platform` tells what is meant where a request names none. One whose upstream has been silent
    for `silent_seconds` gives its place to one that waits, and goes on beside it when bytes come. `ended` is called
    with each that ends, under a lock: it returns at once. Call `resume` once, `close` at the end.
    """

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
        self._tell_end = ended
        self._silent_seconds = silent_seconds
        self._rows = rows
        self._pipeline = pipeline
        self._feed = feed
        self._limit = limit
        self._platform = platform
        self._now = now
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}  # waiting and running, in order of their turns
        self._ended: dict[str, Download] = {}  # in order of ending
        self._unsaved: dict[str, Download] = {}  # ended, and not written down yet
        self._planned = PlannedRetries()
        self._busy: set[ImageKey] = set()  # images whose worker has not returned yet
        self._workers: set[threading.Thread] = set()
        self._closing = threading.Event()
        self._work = threading.Event()  # set while there is something to sample
        self._sampler = threading.Thread(target=self._sample, name="download-progress", daemon=True)
        self.tally: Counter[tuple[ImageType, DownloadStatus, str]] = Counter()  # ended ones; the last is the reason
        self.state = 0  # another number after every change of `all`
        self.active: tuple[Download, ...] = ()
        self.under_way: frozenset[ImageKey] = frozenset()

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
        self._sampler.start()
        self._fill()

    def start(self, request: ImageRequest) -> Download:
        """Add a download and return at once; a request for an image that is under way joins that download."""
        with self._lock:
            if (job := self._under_way(request)) is not None:
                return job.download
            download = self._enqueue(Job(self._rows.add(request, self._now()), now=self._now))
        self._fill()
        return download

    def all(self) -> list[Download]:
        """All downloads, newest first, ended ones included."""
        self._forget_old()
        with self._lock:
            every = [*self._ended.values(), *(job.download for job in self._jobs.values())]
        return sorted(every, key=lambda each: (each.created, int(each.id)), reverse=True)

    def recent(self) -> list[Download]:
        """The newest, `LISTED` of them, and every one that is under way; newest first."""
        return newest(self.all())

    def page(self, limit: int, before: str | None = None) -> list[Download]:
        """The newest, or those that follow the download `before` in the order of `all`. Raises `NotFound`."""
        return page(self.all(), limit, before)

    def get(self, key: str) -> Download:
        """Raises `NotFound`."""
        with self._lock:
            job = self._jobs.get(key)
            found = job.download if job else self._ended.get(key)
        if found is None:
            raise NotFound(f"Download not found: {key}")
        return found

    def remove(self, key: str) -> Download:
        """Cancel a download, or forget one that has ended; its last state. Raises `NotFound`."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                download = self.get(key)
                self._forget([key])
                return download
            download = self._end(job, DownloadStatus.CANCELLED)
        job.cancellation.cancel()  # its worker returns in its own time; until then it keeps its place
        self._fill()
        return download

    def retry(self, key: str) -> Download:
        """Start a download that has ended again; one under way stays as it is. Raises `NotFound`."""
        with self._lock:
            before = self.get(key)
            if before.ended is None:
                return before
            self._planned.drop(key)
            if (job := self._under_way(before.request)) is not None:
                return job.download
            # Its parts stay known, so that no clean-up takes what can be resumed.
            waiting = Download(key, before.request, DownloadStatus.WAITING, self._now(), parts=before.parts)
            self._rows.save(waiting)
            self._unsaved.pop(key, None)
            del self._ended[key]
            download = self._enqueue(Job(waiting, now=self._now))
        self._fill()
        return download

    def move(self, key: str, place: int) -> Download:
        """Move a download to `place`, from 1, of those that wait. Raises `NotFound`, `Conflict`."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.at_work:
                raise Conflict(f"{self.get(key).request.title} does not wait for its turn")
            jobs = list(self._jobs.values())
            after = order.moved(jobs, job, place)
            turns = order.turns(jobs, after)
            self._rows.set_turns(turns)
            self._jobs = {each.download.id: each for each in after}
            for each in after[: len(turns)]:
                each.download = replace(each.download, turn=turns[each.download.id])
                self._feed.download(each.download)
            self._changed()
            return job.download

    def clear(self, before: datetime) -> list[str]:
        """Forget those that were done or cancelled by then, and keep those that failed; the ids of the forgotten."""
        with self._lock:
            ended = [each for each in self._ended.values() if each.ended is not None and each.ended <= before]
            gone = [each.id for each in ended if each.status is not DownloadStatus.FAILED]
            self._forget(gone)
        return gone

    def begin_again(self, type_: ImageType) -> None:
        with self._lock:
            order.begin_again(self._jobs, type_)
        self._fill()

    def set_limit(self, limit: int) -> None:
        """Change the limit: more begin at once; beyond a lower one, those at work go on."""
        self._limit = limit
        self._fill()

    def partial_keys(self) -> frozenset[str]:
        """As `kept.partial_keys`."""
        with self._lock:
            return kept.partial_keys(self._jobs.values(), self._ended.values())

    def needed(self) -> frozenset[Digest]:
        """As `kept.needed`."""
        with self._lock:
            return kept.needed(self._jobs.values(), self._ended.values())

    @property
    def is_alive(self) -> bool:
        """Whether the thread that publishes progress is at work, as from `resume` to `close` it has to be."""
        return self._sampler.is_alive() or self._closing.is_set()

    def close(self, seconds: float = 2.0) -> None:
        """Stop at once; rows stay as they are, so that the next start resumes them."""
        self._closing.set()
        self._work.set()
        with self._lock:
            jobs, workers = list(self._jobs.values()), list(self._workers)
        for job in jobs:
            job.cancellation.cancel()
        deadline = time.monotonic() + seconds
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        if self._sampler.is_alive():
            self._sampler.join(max(0.0, deadline - time.monotonic()))

    def _under_way(self, request: ImageRequest) -> Job | None:
        """The job that a request for this image may join: none that is only ending, since its image may be removed."""
        return next(
            (
                job
                for job in self._jobs.values()
                if not job.progress.settled and same_image(job.download.request, request, self._platform())
            ),
            None,
        )

    def _fill(self) -> None:
        """Start as many waiting downloads as the limit allows."""
        with self._lock:
            for job in list(self._jobs.values()):
                if self._closing.is_set() or len(self._busy) - self._silent() >= self._limit:
                    return
                if not job.at_work and job.key not in self._busy:
                    job.at_work = True
                    self._busy.add(job.key)
                    worker = threading.Thread(target=self._run, args=(job,), name=f"download-{job.download.id}")
                    worker.daemon = True  # a worker that hangs in an upstream must not keep the process
                    self._workers.add(worker)
                    worker.start()
            if self._busy:
                self._work.set()

    def _silent(self) -> int:
        """How many running downloads have given their place away."""
        return sum(job.at_work and job.silent >= self._silent_seconds for job in self._jobs.values())

    def _run(self, job: Job) -> None:
        try:
            end = attempt(self._pipeline, job, partial(self._pin, job), self._now)
            self._finish(job, end.status, **end.facts)
        finally:
            with self._lock:
                self._busy.discard(job.key)
                self._workers.discard(threading.current_thread())
            self._fill()

    def _pin(self, job: Job, resolved: Resolved) -> None:
        job.cancellation.check()
        self._rows.pin(job.download.id, resolved)

    def _finish(self, job: Job, status: DownloadStatus, **facts: Any) -> None:
        with self._lock:
            cancelled = self._jobs.get(job.download.id) is not job
            stopped = self._closing.is_set() and status is not DownloadStatus.DONE
            if not cancelled and not stopped:
                self._end(job, status, **facts)

    def _end(self, job: Job, status: DownloadStatus, **facts: Any) -> Download:
        """`facts`: the fields of `Download` that tell how it ended."""
        state = job.sampled(time.monotonic()).at_rest()
        download = replace(state, status=status, ended=self._now(), **facts)
        try:
            self._rows.save(download)
        except StorageFailure as failure:  # a full disk must not keep an ended download in the line
            _log.error("download %s: its end could not be written down yet: %s", download.id, failure)
            self._unsaved[download.id] = download
            self._work.set()
        job.download = download
        self.tally[download.request.type, status, download.reason or ""] += 1
        del self._jobs[download.id]
        self._ended[download.id] = download
        self._planned.add(download)
        if len(self._ended) > MOST_KEPT + _EXCESS:
            self._forget_old()
        self._changed()
        self._feed.download(download)
        try:
            self._tell_end(download)
        except Exception:  # noqa: BLE001 - it has ended all the same, and `remove` has its worker to stop
            _log.exception("download %s: a listener broke over its end", download.id)
        _log.info("download %s of %s: %s %s", download.id, download.request.title, status, download.error or "")
        return download

    def _enqueue(self, job: Job) -> Download:
        self._jobs[job.download.id] = job
        self._changed()
        self._feed.download(job.download)
        return job.download

    def _changed(self) -> None:
        self.state += 1
        self.active = tuple(job.download for job in self._jobs.values())
        under_way = frozenset(image_key(each.request) for each in self.active)
        if under_way != self.under_way:
            self.under_way = under_way

    def _sample(self) -> None:
        """Publish progress a few times a second; sleeps while no download runs."""
        silent = 0
        while not self._closing.is_set():
            self._work.wait(self._planned.seconds(self._now()))
            self._retry_due()
            with self._lock:
                news = []
                now = time.monotonic()
                for job in self._jobs.values():
                    if job.at_work:
                        before, job.download = job.download, job.sampled(now)
                        if job.download != before:
                            news.append(job.download)
                if news:
                    self._changed()
                before_now, silent = silent, self._silent()
                self._save_ends()
                if not self._busy and not self._unsaved:
                    self._work.clear()
                # Under the lock: otherwise the end of a download could be published before its last progress.
                for download in news:
                    self._feed.download(download)
            if silent > before_now:
                self._fill()
            self._closing.wait(SAMPLE_SECONDS)

    def _retry_due(self) -> None:
        """Retry what an upstream said to come back for, once that time has come."""
        for key in self._planned.due(self._now()):
            try:
                self.retry(key)
            except NotFound:
                self._planned.drop(key)
            except StorageFailure:  # a full disk
                self._planned.put_off(key, self._now())

    def _save_ends(self) -> None:
        """Save the ends that a full disk refused, because the next start would resume those downloads."""
        for key in list(self._unsaved):
            try:
                self._rows.save(self._unsaved[key])
            except StorageFailure:
                return
            del self._unsaved[key]

    def _forget_old(self) -> None:
        """Delete downloads that ended long ago, and the oldest when there are too many."""
        oldest = self._now() - KEPT
        with self._lock:
            ended = [each for each in self._ended.values() if each.ended is not None]
            gone = [each.id for each in ended if each.ended is not None and each.ended < oldest]
            if len(ended) > MOST_KEPT + _EXCESS:
                ended.sort(key=lambda each: each.ended or each.created)
                gone = [each.id for each in ended[: max(len(gone), len(ended) - MOST_KEPT)]]
            if not gone:
                return
            try:
                self._forget(gone)
            except StorageFailure as failure:  # a full disk: they are forgotten later
                _log.error("downloads that ended long ago could not be forgotten: %s", failure)

    def _forget(self, keys: Sequence[str]) -> None:
        """Raises `StorageFailure`, and has forgotten none then."""
        self._rows.remove(keys)
        for key in keys:
            self._unsaved.pop(key, None)
            self._planned.drop(key)
            del self._ended[key]
        self.state += 1
