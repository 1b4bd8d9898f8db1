"""The queue of downloads that the nodes of a fleet share: each takes some from the rows, and all show every one.

A node holds what it works on by a lease, which `_beat` renews with the progress. A node that cannot renew stops before
its lease ends for the others; they go on with what is stored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.errors import Conflict, NotFound, StorageFailure
from imagedepot.model.depot import LOCAL
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType, Resolved
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import SharedDownloadRows
from imagedepot.service.downloads.line import kept, order
from imagedepot.service.downloads.line.attempt import End, attempt
from imagedepot.service.downloads.line.either_queue import newest, page
from imagedepot.service.downloads.line.job import ImageKey, Job, image_key, unfinished_name
from imagedepot.service.downloads.line.queue import SAMPLE_SECONDS, SILENT_SECONDS
from imagedepot.service.downloads.line.remedy import PlannedRetries
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.events import Feed

_BEAT_SECONDS = 1.0
_END_SECONDS = 3.0
_log = logging.getLogger(__name__)


class SharedDownloads:
    """As `either_queue.DownloadQueue`. `limit` at a time on this node, `fleet_limit` on all (0: no limit). `home`
    names this node's folder, for what it alone can do. `lease` is for how many seconds the rows keep what a node has.

    Call `resume` once, `close` at the end, and `reload` with the keys that other nodes have changed.
    """

    def __init__(
        self,
        rows: SharedDownloadRows,
        pipeline: DownloadPipeline,
        feed: Feed,
        limit: int,
        fleet_limit: Callable[[], int],
        platform: Callable[[], Platform],
        home: str,
        lease: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ended: Callable[[Download], object] = lambda _: None,
    ) -> None:
        self._rows = rows
        self._pipeline = pipeline
        self._feed = feed
        self._limit = limit
        self._fleet_limit = fleet_limit
        self._platform = platform
        self._home = home
        self._lease = lease
        self._now = now
        self._tell_end = ended
        self._lock = threading.RLock()
        self._seen: dict[str, tuple[Download, Resolved | None]] = {}
        self._jobs: dict[str, Job] = {}  # those of this node
        self._workers: set[threading.Thread] = set()
        self._unsaved: dict[str, Download] = {}
        self._planned = PlannedRetries()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="download-progress", daemon=True)
        self._renewed = self._next_beat = 0.0
        self.tally: Counter[tuple[ImageType, DownloadStatus, str]] = Counter()
        self.state = 0
        self.active: tuple[Download, ...] = ()
        self.under_way: frozenset[ImageKey] = frozenset()

    def resume(self) -> None:
        self.reload(None)
        for key in self._rows.outside():  # of the time when this folder was alone
            download = self.get(key)
            request = download.request
            self._rows.begin_again(download, self._image(request), unfinished_name(request), self._home)
        self._thread.start()

    def reload(self, keys: Collection[str] | None) -> None:
        """Look at these again, which another node has changed; None: at all."""
        with self._lock:  # also as it is read: an end that is written meanwhile would be undone here
            found = self._rows.find(keys)
            before = self._seen
            others = {} if keys is None else {key: each for key, each in before.items() if key not in keys}
            self._seen = {**others, **found}
            for key in found if keys is None else keys:
                self._planned.drop(key)
            for download, _ in found.values():
                if download.ended is not None:
                    self._planned.add(download)
            for key, job in self._jobs.items():
                if key in self._seen:
                    self._seen[key] = job.download, job.resolved
            news = [each for key, (each, _) in found.items() if key not in before or before[key][0] != each]
            self._changed()
            for download in news:
                self._feed.download(download)
        self._wake.set()

    def start(self, request: ImageRequest) -> Download:
        home = self._home if request.depot == LOCAL else ""
        key, _ = self._rows.begin(request, self._now(), self._image(request), unfinished_name(request), home)
        self.reload([key])
        return self.get(key)

    def all(self) -> list[Download]:
        with self._lock:
            every = [download for download, _ in self._seen.values()]
        return sorted(every, key=lambda each: (each.created, int(each.id)), reverse=True)

    def recent(self) -> list[Download]:
        return newest(self.all())

    def page(self, limit: int, before: str | None = None) -> list[Download]:
        return page(self.all(), limit, before)

    def get(self, key: str) -> Download:
        with self._lock:
            if key not in self._seen:
                raise NotFound(f"Download not found: {key}")
            return self._seen[key][0]

    def remove(self, key: str) -> Download:
        download = self.get(key)
        if download.ended is not None:
            self._forget([key])
            return download
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            self._end(job, End(DownloadStatus.CANCELLED))
            job.cancellation.cancel()
            return self.get(key)
        self._rows.cancel(key)
        self._rows.end_abandoned(self._now())
        limit = time.monotonic() + _END_SECONDS  # the node that is at work looks every second
        while True:
            self.reload([key])
            download = self.get(key)
            if download.ended is not None or time.monotonic() > limit:
                return download
            self._closing.wait(SAMPLE_SECONDS)

    def retry(self, key: str) -> Download:
        before = self.get(key)
        if before.ended is None:
            return before
        request = before.request
        download = Download(key, request, DownloadStatus.WAITING, self._now(), parts=before.parts)
        home = self._home if request.depot == LOCAL else ""
        under_way, _ = self._rows.begin_again(download, self._image(request), unfinished_name(request), home)
        self.reload([under_way])
        return self.get(under_way)

    def set_limit(self, limit: int) -> None:
        self._limit = limit
        self._wake.set()

    def move(self, key: str, place: int) -> Download:
        with self._lock:
            if self.get(key).ended is not None or not self.get(key).queued:
                raise Conflict(f"{self.get(key).request.title} does not wait for its turn")
            jobs = [self._as_job(each) for each in self.active]
            job = next(each for each in jobs if each.download.id == key)
            turns = order.turns(jobs, order.moved(jobs, job, place))
            self._rows.set_turns(turns)
        self.reload(list(turns))
        return self.get(key)

    def clear(self, before: datetime) -> list[str]:
        gone = [
            each.id
            for each in self.all()
            if each.ended is not None and each.ended <= before and each.status is not DownloadStatus.FAILED
        ]
        self._forget(gone)
        return gone

    def partial_keys(self) -> frozenset[str]:
        return kept.partial_keys(self._all_jobs(), self.all())

    def needed(self) -> frozenset[Digest]:
        return kept.needed(self._all_jobs(), self.all())

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive() or self._closing.is_set()

    def close(self, seconds: float = 2.0) -> None:
        """What is under way waits for another node, or for the next start."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        with self._lock:
            jobs, workers = list(self._jobs.values()), list(self._workers)
        for job in jobs:
            job.cancellation.cancel()
        limit = time.monotonic() + seconds
        for thread in (*workers, self._thread):
            if thread.is_alive():
                thread.join(max(0.0, limit - time.monotonic()))
        try:
            self._rows.give_back()
        except StorageFailure as error:
            _log.warning("downloads of this node wait until its lease has ended: %s", error)

    def _all_jobs(self) -> list[Job]:
        """Those of other nodes as far as they are known."""
        with self._lock:
            others = [(each, pin) for key, (each, pin) in self._seen.items() if key not in self._jobs]
            return [*self._jobs.values(), *(Job(each, pin) for each, pin in others if each.ended is None)]

    def _as_job(self, download: Download) -> Job:
        job = Job(download)
        job.at_work = not download.queued
        return job

    def _forget(self, keys: Sequence[str]) -> None:
        self._rows.remove(keys)
        with self._lock:
            for key in keys:
                self._seen.pop(key, None)
                self._planned.drop(key)
            self._changed()

    def _image(self, request: ImageRequest) -> str:
        return f"{unfinished_name(request)} {request.platform or self._platform()}"

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._sample()
                if self._wake.is_set() or time.monotonic() >= self._next_beat:
                    self._wake.clear()
                    self._beat()
            except StorageFailure as error:
                self._next_beat = time.monotonic() + _BEAT_SECONDS
                _log.warning("the line of downloads cannot be seen at the moment: %s", error)
                self._stop_expired()
            except Exception:  # noqa: BLE001 - the thread has to stay
                _log.exception("the line of downloads broke")
                self._closing.wait(_BEAT_SECONDS)
            self._wake.wait(SAMPLE_SECONDS if self._jobs else _BEAT_SECONDS)

    def _sample(self) -> None:
        """Publish the progress of this node's own downloads."""
        now = time.monotonic()
        with self._lock:
            news = []
            for key, job in self._jobs.items():
                before, job.download = job.download, job.sampled(now)
                self._seen[key] = job.download, job.resolved
                if job.download != before:
                    news.append(job.download)
            if news:
                self._changed()
            for download in news:
                self._feed.download(download)

    def _beat(self) -> None:
        """Renew the leases, hear of cancels, show what others do, and take what waits."""
        begun = time.monotonic()
        self._next_beat = begun + _BEAT_SECONDS
        for key, ended in list(self._unsaved.items()):
            self._rows.end(ended)
            self._unsaved.pop(key, None)
        with self._lock:
            jobs = dict(self._jobs)
            others = [each for each, _ in self._seen.values() if each.ended is None and each.id not in jobs]
        mine = self._rows.beat([job.download for job in jobs.values()])
        self._renewed = begun
        for key, job in jobs.items():
            if key not in mine:
                self._lose(key, job)
            elif mine[key]:
                self._end(job, End(DownloadStatus.CANCELLED))
                job.cancellation.cancel()
            elif job.progress.settled:
                self._rows.settle(key)
        if others:
            self._show(others)
            self._rows.end_abandoned(self._now())
        for key in list(self._planned.due(self._now())):  # every node tries, and the first one counts
            self._planned.drop(key)
            if key in self._seen:
                self.retry(key)
        self._take()

    def _show(self, others: list[Download]) -> None:
        before = {each.id: each for each in others}
        for download in self._rows.progress(others):
            if download != before[download.id]:
                with self._lock:
                    if self._seen.get(download.id, (None, None))[0] is before[download.id]:
                        self._seen[download.id] = download, self._seen[download.id][1]
                        self._changed()
                        self._feed.download(download)

    def _take(self) -> None:
        with self._lock:
            silent = sum(job.silent >= SILENT_SECONDS for job in self._jobs.values())
            room = self._limit - len(self._workers) + silent
            waits = any(each.ended is None and key not in self._jobs for key, (each, _) in self._seen.items())
        if room <= 0 or not waits or self._closing.is_set():
            return
        keys = self._rows.claim(room, self._fleet_limit(), self._home)
        for key, (download, resolved) in self._rows.find(keys).items() if keys else ():
            # What its former node said of it is no longer so.
            job = Job(replace(download, status=DownloadStatus.WAITING).at_rest(), resolved, self._now)
            job.at_work, job.download = True, replace(job.download, queued=False)
            worker = threading.Thread(target=self._work, args=(job,), name=f"download-{key}", daemon=True)
            with self._lock:
                self._jobs[key] = job
                self._workers.add(worker)
            worker.start()

    def _work(self, job: Job) -> None:
        def pin(resolved: Resolved) -> None:
            job.cancellation.check()
            self._rows.pin(job.download.id, resolved)
            job.resolved = resolved

        try:
            end = attempt(self._pipeline, job, pin, self._now)
            if not self._closing.is_set() or end.status is DownloadStatus.DONE:
                self._end(job, end)
        finally:
            with self._lock:
                self._workers.discard(threading.current_thread())
            self._wake.set()

    def _end(self, job: Job, end: End) -> None:
        """Where it is this node's still: write down how it ended, and tell."""
        with self._lock:
            key = job.download.id
            if self._jobs.get(key) is not job:
                return
            state = job.sampled(time.monotonic()).at_rest()
            download = replace(state, status=end.status, ended=self._now(), **end.facts)
            del self._jobs[key]
            try:
                if not self._rows.end(download):
                    self._seen.pop(key, None)
                    self._wake.set()
                    return
            except StorageFailure as failure:
                _log.error("download %s: its end could not be written down yet: %s", key, failure)
                self._unsaved[key] = download
            job.download = download
            self._seen[key] = download, None
            self._planned.add(download)
            self.tally[download.request.type, end.status, download.reason or ""] += 1
            self._changed()
            self._feed.download(download)
        self._tell_end(download)
        _log.info("download %s of %s: %s %s", key, download.request.title, end.status, download.error or "")

    def _lose(self, key: str, job: Job) -> None:
        """Another node has it now."""
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]
        job.cancellation.cancel()
        _log.warning("download %s of %s goes on at another node", key, job.download.request.title)
        self.reload([key])

    def _stop_expired(self) -> None:
        """Work on nothing that another node may have by now."""
        if time.monotonic() - self._renewed < self._lease:
            return
        with self._lock:
            jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            job.cancellation.cancel()

    def _changed(self) -> None:
        self.state += 1
        self.active = tuple(
            sorted(
                (each for each, _ in self._seen.values() if each.ended is None),
                key=lambda each: (each.turn is None, each.turn or 0, each.created, int(each.id)),
            )
        )
        under_way = frozenset(image_key(each.request) for each in self.active)
        if under_way != self.under_way:
            self.under_way = under_way
