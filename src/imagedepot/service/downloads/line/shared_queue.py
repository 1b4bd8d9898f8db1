"""The queue of downloads that the nodes of a fleet share: each takes some from the rows, and all show every one.

A node holds what it works on by a lease, which `_beat` renews with the progress. A node that cannot renew stops before
its lease ends for the others; they go on with what is stored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from imagedepot.errors import StorageFailure
from imagedepot.model.depot import LOCAL
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, Resolved
from imagedepot.model.platform import Platform
from imagedepot.protocols.rows import SharedDownloadRows
from imagedepot.service.downloads.line.attempt import End
from imagedepot.service.downloads.line.either_queue import KEPT, SAMPLE_SECONDS, SILENT_SECONDS, DownloadQueue
from imagedepot.service.downloads.line.job import Job, unfinished_name
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.events import Feed

_BEAT_SECONDS = 1.0
_END_SECONDS = 3.0
_log = logging.getLogger(__name__)


class SharedDownloads(DownloadQueue):
    """`limit` at a time on this node, `fleet_limit` on all (0: no limit). `home` names this node's folder, for what it
    alone can do. `lease` is for how many seconds the rows keep what a node has. Call `reload` with the keys that other
    nodes have changed. `_jobs` are those at work here; `_wake` asks for a beat before its time.
    """

    _rows: SharedDownloadRows

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
        super().__init__(rows, pipeline, feed, limit, platform, now, SILENT_SECONDS, ended)
        self._fleet_limit = fleet_limit
        self._home = home
        self._lease = lease
        self._seen: dict[str, tuple[Download, Resolved | None]] = {}
        self._renewed = self._next_beat = 0.0

    def resume(self) -> None:
        self._rows.remove_ended_before(self._now() - KEPT)
        self.reload(None)
        for key in self._rows.outside():  # of the time when this folder was alone
            self._line_up(self.get(key), self._home)
        self._thread.start()

    def reload(self, keys: Collection[str] | None) -> None:
        """Look at these again, which another node has changed; None: at all."""
        with self._lock:  # also as it is read: an end that is written meanwhile would be undone here
            stored = self._rows.find(keys)
            # An end that could not be written down is one all the same.
            found = {key: (self._unsaved[key], None) if key in self._unsaved else each for key, each in stored.items()}
            before = self._seen
            others = {} if keys is None else {key: each for key, each in before.items() if key not in keys}
            self._seen = {**others, **found}
            for key in found if keys is None else keys:
                self._planned.drop(key)
            for download, _ in found.values():
                if download.ended is not None:
                    self._planned.add(download)
            news = [
                each
                for key, (each, _) in found.items()
                if key not in self._jobs and (key not in before or before[key][0] != each)
            ]
            self._changed()
            for download in news:
                self._feed.download(download)
        self._wake.set()

    def start(self, request: ImageRequest) -> Download:
        image, name = self._image(request), unfinished_name(request)
        key, _ = self._rows.begin(request, self._now(), image, name, self._home_of(request))
        self.reload([key])
        return self.get(key)

    def remove(self, key: str) -> Download:
        download = self.get(key)
        if download.ended is not None:
            self._forget([key])
            return download
        with self._lock:
            job = self._jobs.get(key)
        if job is not None:
            self._cancel(job)
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
        if before.ended is not None:
            key = self._line_up(self._again(before), self._home_of(before.request))
            self.reload([key])
        return self.get(key)

    def set_limit(self, limit: int) -> None:
        self._limit = limit
        self._wake.set()

    def close(self, seconds: float = 2.0) -> None:
        """What is under way waits for another node, or for the next start."""
        if self._closing.is_set():
            return
        super().close(seconds)
        try:
            self._rows.give_back()
        except StorageFailure as error:
            _log.warning("downloads of this node wait until its lease has ended: %s", error)

    def _every(self) -> Sequence[Download]:
        return [download for download, _ in self._seen.values()]

    def _line(self) -> Sequence[Download]:
        return sorted(
            (each for each in self._every() if each.ended is None),
            key=lambda each: (each.turn is None, each.turn or 0, each.created, int(each.id)),
        )

    def _find(self, key: str) -> Download | None:
        return self._seen[key][0] if key in self._seen else None

    def _all_jobs(self) -> Collection[Job]:
        """Those of other nodes as far as they are known."""
        others = [(each, pin) for key, (each, pin) in self._seen.items() if key not in self._jobs]
        return [*self._jobs.values(), *(Job(each, pin) for each, pin in others if each.ended is None)]

    def _turned(self, line: Sequence[Download], turns: Mapping[str, int]) -> None:
        self.reload(list(turns))

    def _save_end(self, download: Download) -> bool:
        is_mine = self._rows.end(download)
        if not is_mine:
            self.reload([download.id])
        return is_mine

    def _keep(self, download: Download) -> None:
        self._seen[download.id] = download, None

    def _drop(self, key: str) -> None:
        self._seen.pop(key, None)

    def _changed(self) -> None:
        for key, job in self._jobs.items():
            self._seen[key] = job.download, job.resolved
        super()._changed()

    def _line_up(self, download: Download, home: str) -> str:
        """The key of the download that brings this one's image from now on."""
        request = download.request
        return self._rows.begin_again(download, self._image(request), unfinished_name(request), home)[0]

    def _image(self, request: ImageRequest) -> str:
        return f"{unfinished_name(request)} {request.platform or self._platform()}"

    def _home_of(self, request: ImageRequest) -> str:
        return self._home if request.depot == LOCAL else ""

    def _watch(self) -> None:
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

    def _beat(self) -> None:
        """Renew the leases, hear of cancels, show what others do, and take what waits."""
        begun = time.monotonic()
        self._next_beat = begun + _BEAT_SECONDS
        self._save_ends()
        with self._lock:
            jobs = dict(self._jobs)
            others = [each for each in self._line() if each.id not in jobs]
        mine = self._rows.beat([job.download for job in jobs.values()])
        self._renewed = begun
        for key, job in jobs.items():
            if key not in mine:
                self._lose(key, job)
            elif mine[key]:
                self._cancel(job)
            elif job.progress.settled:
                self._rows.settle(key)
        if others:
            self._show(others)
            self._rows.end_abandoned(self._now())
        self._retry_due()  # every node tries, and the first one counts
        self._take()

    def _show(self, others: list[Download]) -> None:
        before = {each.id: each for each in others}
        for download in self._rows.progress(others):
            if download != before[download.id]:
                with self._lock:
                    if self._find(download.id) is before[download.id]:
                        self._seen[download.id] = download, self._seen[download.id][1]
                        self._changed()
                        self._feed.download(download)

    def _take(self) -> None:
        with self._lock:
            room = self._limit - len(self._workers) + self._silent()
            waits = any(each.id not in self._jobs for each in self._line())
        if room <= 0 or not waits or self._closing.is_set():
            return
        keys = self._rows.claim(room, self._fleet_limit(), self._home)
        for download, resolved in self._rows.find(keys).values() if keys else ():
            # What its former node said of it is no longer so.
            job = Job(replace(download, status=DownloadStatus.WAITING).at_rest(), resolved, self._now)
            with self._lock:
                self._begin(job)

    def _cancel(self, job: Job) -> None:
        self._end(job, End(DownloadStatus.CANCELLED))
        job.cancellation.cancel()

    def _returned(self, job: Job) -> None:
        self._wake.set()

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
