"""Many blobs as one piece of work that fails with one error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.transfer.ingest import Ingest, key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import Cancelled, NotAnImage, TimedOut, UpstreamNotFound
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.protocols import Fetcher
from imagedepot.service.downloads.line.job import Job
from tests.content.upstream import ScriptedFetcher, Stream, key

CONTENTS = tuple(bytes([number]) * (1000 * (number + 1)) for number in range(6))
ITEMS = [Descriptor("x", Digest.of(content), len(content)) for content in CONTENTS]

HASTY = RetryPolicy(first_wait=0.001, longest_wait=0.002)


class Bench:
    def __init__(
        self,
        folder: Path,
        concurrency: int = 4,
        blobs: BlobStore | None = None,
        retry_policy: RetryPolicy = HASTY,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.blobs = blobs or BlobStore(folder)
        ingest = Ingest(self.blobs, DiskSpace(folder, 0, lambda: 1 << 40), Throttle(), retry_policy)
        self.puller = Puller(ingest, concurrency, begin)
        self.progress = Progress()
        self.cancellation = Cancellation()

    def fetch(self, fetcher: Fetcher[Descriptor], items: list[Descriptor] = ITEMS) -> list[Digest]:
        with self.blobs.lease() as lease:
            return self.puller.fetch(lease, fetcher, items, self.progress, self.cancellation)


class SlowCache:
    """A pull-through cache that needs 45 s before the first byte of a blob, and starts over when it is cut before."""

    SECONDS = 45.0

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cut = 0
        self._inner = ScriptedFetcher(*CONTENTS)
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.seconds

    def open(
        self,
        content: Descriptor,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Stream:
        assert cancellation is not None
        waits = min(self.SECONDS, 30.0 if cancellation.patience is None else cancellation.patience)
        with self._lock:
            self.seconds += waits
            self.cut += waits < self.SECONDS
        if waits < self.SECONDS:
            raise TimedOut("the cache does not answer")
        return self._inner.open(content, offset, validator, cancellation)


def test_a_cache_that_needs_45_seconds_before_each_first_byte_is_not_cut(tmp_path: Path) -> None:
    cache = SlowCache()
    bench = Bench(tmp_path, retry_policy=RetryPolicy(clock=cache.clock, first_wait=0.001, longest_wait=0.002))
    request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
    download = Download("1", request, DownloadStatus.WAITING, datetime(2026, 11, 24, tzinfo=UTC))
    bench.cancellation = Job(download).cancellation
    assert bench.fetch(cache) == [item.digest for item in ITEMS]
    assert cache.cut == 0
    assert cache.seconds == 45.0 * len(ITEMS)


class Gated:
    """Holds every blob at its gate; counts how many are under way."""

    def __init__(self, failing: Digest | None = None) -> None:
        self.gate = threading.Event()
        self.failing = failing
        self.opened: list[Digest] = []
        self._inner = ScriptedFetcher(*CONTENTS, script=[{"gate": self.gate}])

    def open(
        self,
        content: Descriptor,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Stream:
        self.opened.append(content.digest)
        if content.digest == self.failing:
            raise UpstreamNotFound("gone")
        return self._inner.open(content, offset)


def test_digests_come_in_order_and_parts_are_known_from_the_start(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.fetch(ScriptedFetcher(*CONTENTS)) == [item.digest for item in ITEMS]
    assert [part.key for part in bench.progress.snapshot()] == [key_of(item) for item in ITEMS]
    assert sum(part.bytes for part in bench.progress.snapshot()) == sum(map(len, CONTENTS))


def test_blobs_come_at_the_same_time_the_largest_first(tmp_path: Path) -> None:
    bench, fetcher = Bench(tmp_path, concurrency=3), Gated()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(bench.fetch, fetcher)
        while len(fetcher.opened) < 3:
            assert not running.done()
        assert set(fetcher.opened) == {item.digest for item in ITEMS[-3:]}
        fetcher.gate.set()
        assert len(running.result(60)) == 6


def test_the_first_failure_stops_the_others_and_is_what_is_reported(tmp_path: Path) -> None:
    bench, fetcher = Bench(tmp_path, concurrency=6), Gated(failing=ITEMS[0].digest)
    with pytest.raises(UpstreamNotFound, match="gone"):
        bench.fetch(fetcher)
    assert not fetcher.gate.is_set(), "nobody waited for the others"
    assert list(bench.blobs.all()) == []
    assert not bench.cancellation.cancelled, "the download itself was not cancelled"


def test_cancelling_stops_all_of_them(tmp_path: Path) -> None:
    bench, fetcher = Bench(tmp_path), Gated()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(bench.fetch, fetcher)
        while len(fetcher.opened) < 4:
            assert not running.done()
        bench.cancellation.cancel()
        with pytest.raises(Cancelled):
            running.result(60)


class SlowDisk(BlobStore):
    """Lets nothing land before `gate` is open."""

    def __init__(self, folder: Path, gate: threading.Event) -> None:
        super().__init__(folder)
        self.gate = gate

    def land(self, partial: Path, digest: Digest) -> None:
        assert self.gate.wait(60), "the other blobs wait for this one to be on the disk"
        super().land(partial, digest)


def test_a_blob_that_waits_for_the_disk_makes_way_for_the_next(tmp_path: Path) -> None:
    all_asked = threading.Event()

    class Asked(ScriptedFetcher):
        def open(self, *arguments: object, **keywords: object) -> Stream:
            stream = super().open(*arguments, **keywords)  # type: ignore[arg-type]
            if len(self.opened) == len(ITEMS):
                all_asked.set()
            return stream

    bench = Bench(tmp_path, concurrency=1, blobs=SlowDisk(tmp_path, all_asked))
    assert len(bench.fetch(Asked(*CONTENTS))) == len(ITEMS)
    assert set(bench.blobs.all()) == {item.digest for item in ITEMS}


def test_what_is_urgent_is_asked_for_before_what_is_large(tmp_path: Path) -> None:
    bench, fetcher = Bench(tmp_path, concurrency=1), ScriptedFetcher(*CONTENTS)
    with bench.blobs.lease() as lease:
        bench.puller.fetch(lease, fetcher, ITEMS, bench.progress, bench.cancellation, urgent=1)
    assert [name for name, _ in fetcher.opened] == [key(ITEMS[0]), *(key(item) for item in reversed(ITEMS[1:]))]


def test_what_is_said_of_a_landed_blob_may_end_the_others(tmp_path: Path) -> None:
    never = threading.Event()
    bench, fetcher = Bench(tmp_path), ScriptedFetcher(*CONTENTS, script=[{}, {"gate": never}])

    def refuse(digest: Digest) -> None:
        raise NotAnImage("no image")

    with bench.blobs.lease() as lease, pytest.raises(NotAnImage):
        bench.puller.fetch(lease, fetcher, ITEMS, bench.progress, bench.cancellation, refuse)
    assert len(list(bench.blobs.all())) == 1


def test_nothing_to_fetch_asks_nobody(tmp_path: Path) -> None:
    assert Bench(tmp_path).fetch(Gated(), []) == []
