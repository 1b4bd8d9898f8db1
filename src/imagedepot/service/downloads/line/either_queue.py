"""The queue of downloads as callers see it, and what a service alone (`queue.py`) and all nodes (`shared_queue.py`) do
alike."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from imagedepot.errors import Conflict, NotFound, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import DownloadRows
from imagedepot.service.downloads.line import kept, order
from imagedepot.service.downloads.line.attempt import End, attempt
from imagedepot.service.downloads.line.job import ImageKey, Job, image_key
from imagedepot.service.downloads.line.remedy import PlannedRetries
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.events import Feed

LISTED = 1_000  # rows without paging
KEPT = timedelta(days=30)
MOST_KEPT = 5_000  # ended downloads; the oldest go first
_EXCESS = 100  # so many more than MOST_KEPT before rows are deleted: not one by one
SAMPLE_SECONDS = 0.25
SILENT_SECONDS = 30.0
_log = logging.getLogger(__name__)


class DownloadQueue(ABC):
    """`limit` at a time in this process; `platform` tells what is meant where a request names none. One whose upstream
    has been silent for `silent_seconds` gives its place to one that waits, and goes on beside it when bytes come.
    `ended` is called with each that ends here, under a lock: it returns at once. Call `resume` once, `close` at the
    end.

    `state` is another number after every change of `all`; `active`, in order of turns, and `under_way` are replaced,
    never changed in place: reading them takes no lock. `tally`: those that ended in this process; the last part is the
    reason.
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
        self._rows = rows
        self._pipeline = pipeline
        self._feed = feed
        self._limit = limit
        self._platform = platform
        self._now = now
        self._silent_seconds = silent_seconds
        self._tell_end = ended
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}  # those of this process
        self._workers: set[threading.Thread] = set()
        self._unsaved: dict[str, Download] = {}  # ended, and not written down yet
        self._planned = PlannedRetries()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="download-progress", daemon=True)
        self.tally: Counter[tuple[ImageType, DownloadStatus, str]] = Counter()
        self.state = 0
        self.active: tuple[Download, ...] = ()
        self.under_way: frozenset[ImageKey] = frozenset()

    @abstractmethod
    def resume(self) -> None:
        """Begin to work, also on what an earlier run left."""

    @abstractmethod
    def start(self, request: ImageRequest) -> Download:
        """Add a download and return at once; a request for an image that is under way joins that download."""

    @abstractmethod
    def remove(self, key: str) -> Download:
        """Cancel a download, or forget one that has ended; its last state. Raises `NotFound`."""

    @abstractmethod
    def retry(self, key: str) -> Download:
        """Start a download that has ended again; one under way stays as it is. Raises `NotFound`."""

    @abstractmethod
    def set_limit(self, limit: int) -> None:
        """Change the limit: more begin at once; beyond a lower one, those at work go on."""

    def all(self) -> list[Download]:
        """All downloads, newest first, ended ones included."""
        self._forget_old()
        with self._lock:
            every = self._every()
        return sorted(every, key=lambda each: (each.created, int(each.id)), reverse=True)

    def recent(self) -> list[Download]:
        """The newest, `LISTED` of them, and every one that is under way; newest first."""
        return [each for at, each in enumerate(self.all()) if at < LISTED or each.ended is None]

    def page(self, limit: int, before: str | None = None) -> list[Download]:
        """The newest, or those that follow the download `before` in the order of `all`. Raises `NotFound`."""
        every = self.all()
        if before is None:
            return every[:limit]
        for at, download in enumerate(every):
            if download.id == before:
                return every[at + 1 : at + 1 + limit]
        raise _absent(before)

    def get(self, key: str) -> Download:
        """Raises `NotFound`."""
        with self._lock:
            found = self._find(key)
        if found is None:
            raise _absent(key)
        return found

    def move(self, key: str, place: int) -> Download:
        """Move a download to `place`, from 1, of those that wait for their turn. Raises `NotFound`, `Conflict`."""
        with self._lock:
            download = self.get(key)
            if download.ended is not None or not download.queued:
                raise Conflict(f"{download.request.title} does not wait for its turn")
            line = self._line()
            after = order.moved(line, download, place)
            turns = order.turns(line, after)
            self._rows.set_turns(turns)
            self._turned(after, turns)
        return self.get(key)

    def clear(self, before: datetime) -> list[str]:
        """Forget those that were done or cancelled by then, and keep those that failed; the ids of the forgotten."""
        with self._lock:
            ended = [each for each in self._every() if each.ended is not None and each.ended <= before]
            gone = [each.id for each in ended if each.status is not DownloadStatus.FAILED]
            self._forget(gone)
        return gone

    def partial_keys(self) -> frozenset[str]:
        """As `kept.partial_keys`."""
        with self._lock:
            return kept.partial_keys(self._all_jobs(), self._every())

    def needed(self) -> frozenset[Digest]:
        """As `kept.needed`."""
        with self._lock:
            return kept.needed(self._all_jobs(), self._every())

    @property
    def is_alive(self) -> bool:
        """Whether the thread that publishes progress is at work, as from `resume` to `close` it has to be."""
        return self._thread.is_alive() or self._closing.is_set()

    def close(self, seconds: float = 2.0) -> None:
        """Stop at once; what is under way is resumed later."""
        self._closing.set()
        self._wake.set()
        with self._lock:
            jobs, workers = list(self._jobs.values()), list(self._workers)
        for job in jobs:
            job.cancellation.cancel()
        deadline = time.monotonic() + seconds
        for thread in (*workers, self._thread):
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    # What each of the two does in its own way; with the lock, but for `_watch` and `_returned`

    @abstractmethod
    def _watch(self) -> None:
        """Publish progress and do what is due, until the end."""

    @abstractmethod
    def _every(self) -> Sequence[Download]: ...

    @abstractmethod
    def _line(self) -> Sequence[Download]:
        """Those that have not ended, in order of their turns."""

    @abstractmethod
    def _find(self, key: str) -> Download | None: ...

    @abstractmethod
    def _all_jobs(self) -> Collection[Job]: ...

    @abstractmethod
    def _turned(self, line: Sequence[Download], turns: Mapping[str, int]) -> None:
        """The line is in this order from now on, by the new turns of some, which are written down."""

    @abstractmethod
    def _save_end(self, download: Download) -> bool:
        """Write an end down; whether it was this process's to write. Raises `StorageFailure`."""

    @abstractmethod
    def _keep(self, download: Download) -> None:
        """It has ended."""

    @abstractmethod
    def _drop(self, key: str) -> None:
        """It is forgotten."""

    @abstractmethod
    def _returned(self, job: Job) -> None:
        """Its worker has returned."""

    # What they do alike

    def _silent(self) -> int:
        """How many running downloads have given their place away."""
        return sum(job.at_work and job.silent >= self._silent_seconds for job in self._jobs.values())

    def _begin(self, job: Job) -> None:
        """With the lock."""
        job.at_work, job.download = True, replace(job.download, queued=False)
        self._jobs[job.download.id] = job
        worker = threading.Thread(target=self._work, args=(job,), name=f"download-{job.download.id}")
        worker.daemon = True  # a worker that hangs in an upstream must not keep the process
        self._workers.add(worker)
        self._changed()
        self._feed.download(job.download)
        worker.start()

    def _work(self, job: Job) -> None:
        try:
            end = attempt(self._pipeline, job, partial(self._pin, job), self._now)
            if not self._closing.is_set() or end.status is DownloadStatus.DONE:
                self._end(job, end)
        finally:
            with self._lock:
                self._workers.discard(threading.current_thread())
            self._returned(job)

    def _pin(self, job: Job, resolved: Resolved) -> None:
        job.cancellation.check()
        self._rows.pin(job.download.id, resolved)
        job.resolved = resolved

    def _end(self, job: Job, end: End) -> None:
        """Write down how it ended, and tell; nothing, for one that is not this process's any more."""
        key = job.download.id
        with self._lock:
            if self._jobs.get(key) is not job:
                return
            state = job.sampled(time.monotonic()).at_rest()
            download = replace(state, status=end.status, ended=self._now(), **end.facts)
            del self._jobs[key]
            try:
                if not self._save_end(download):
                    return
            except StorageFailure as failure:  # a full disk must not keep an ended download in the line
                _log.error("download %s: its end could not be written down yet: %s", key, failure)
                self._unsaved[key] = download
                self._wake.set()
            job.download = download
            self._keep(download)
            self._planned.add(download)
            self._forget_old()
            self.tally[download.request.type, end.status, download.reason or ""] += 1
            self._changed()
            self._feed.download(download)
            try:
                self._tell_end(download)
            except Exception:  # noqa: BLE001 - it has ended all the same, and `remove` has its worker to stop
                _log.exception("download %s: a listener broke over its end", key)
        _log.info("download %s of %s: %s %s", key, download.request.title, end.status, download.error or "")

    def _save_ends(self) -> None:
        """Save the ends that could not be written down, because those downloads would be resumed."""
        with self._lock:
            for key, download in list(self._unsaved.items()):
                try:
                    self._save_end(download)
                except StorageFailure:
                    return
                del self._unsaved[key]

    def _sample(self) -> None:
        """Publish the progress of what is at work. The feed is told under the lock: otherwise the end of a download
        could be published before its last progress."""
        now = time.monotonic()
        with self._lock:
            news = []
            for job in self._jobs.values():
                if job.at_work:
                    before, job.download = job.download, job.sampled(now)
                    if job.download != before:
                        news.append(job.download)
            if news:
                self._changed()
            for download in news:
                self._feed.download(download)

    def _retry_due(self) -> None:
        """Retry what an upstream said to come back for, once that time has come."""
        with self._lock:
            due = self._planned.due(self._now())
        for key in due:
            with self._lock:
                self._planned.drop(key)
            try:
                self.retry(key)
            except NotFound:
                pass  # it was forgotten
            except StorageFailure:  # a full disk
                with self._lock:
                    self._planned.put_off(key, self._now())

    def _again(self, before: Download) -> Download:
        """The same, asked for now. Its parts stay known, so that no clean-up takes what can be resumed."""
        return Download(before.id, before.request, DownloadStatus.WAITING, self._now(), parts=before.parts)

    def _forget_old(self) -> None:
        """Delete downloads that ended long ago, and the oldest when there are too many."""
        oldest = self._now() - KEPT
        with self._lock:
            ended = [(each.ended, each.id) for each in self._every() if each.ended is not None]
            gone = [key for moment, key in ended if moment < oldest]
            if len(ended) > MOST_KEPT + _EXCESS:
                ended.sort()
                gone = [key for _, key in ended[: max(len(gone), len(ended) - MOST_KEPT)]]
            if not gone:
                return
            try:
                self._forget(gone)
            except StorageFailure as failure:  # a full disk: they are forgotten later
                _log.error("downloads that ended long ago could not be forgotten: %s", failure)

    def _forget(self, keys: Sequence[str]) -> None:
        """Raises `StorageFailure`, and has forgotten none then."""
        with self._lock:
            self._rows.remove(keys)
            for key in keys:
                self._unsaved.pop(key, None)
                self._planned.drop(key)
                self._drop(key)
            self._changed()

    def _changed(self) -> None:
        """With the lock."""
        self.state += 1
        self.active = tuple(self._line())
        under_way = frozenset(image_key(each.request) for each in self.active)
        if under_way != self.under_way:
            self.under_way = under_way


def _absent(key: str) -> NotFound:
    return NotFound(f"Download not found: {key}")
