"""One blob: whatever the upstream does, a file under `blobs/` is correct or absent."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.transfer.ingest import Ingest, key_of
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import (
    Cancelled,
    ConnectionBroken,
    DepotError,
    DigestMismatch,
    InvalidAnswer,
    RateLimited,
    StorageFailure,
    UpstreamNotFound,
)
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.download import PartStatus
from imagedepot.model.image import RemoteFile
from tests.content.transfer.bench import BLOB, BODY, HASTY, Bench, flip
from tests.content.upstream import ScriptedFetcher, Stream


def test_a_blob_lands_whole_and_counts_its_bytes(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY)
    assert bench.fetch(fetcher) == BLOB.digest
    assert bench.blobs.path(BLOB.digest).read_bytes() == BODY
    assert (bench.part.bytes, bench.part.size, bench.part.status) == (10_000, 10_000, PartStatus.DONE)
    assert list(bench.blobs.partials.iterdir()) == []
    bench.fetch(fetcher)
    assert len(fetcher.opened) == 1, "what is here is not fetched again"


def test_a_broken_connection_is_resumed_at_the_byte_where_it_stopped(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 3000}, {"breaks_after": 2500}, {}])
    bench.fetch(fetcher)
    assert [offset for _, offset in fetcher.opened] == [0, 3000, 5500]
    assert bench.holds_only_whole_blobs()


def test_what_an_earlier_process_left_is_taken_up(bench: Bench) -> None:
    bench.partial.write_bytes(BODY[:7000])
    fetcher = ScriptedFetcher(BODY)
    bench.fetch(fetcher)
    assert fetcher.opened == [(BLOB.digest.short, 7000)]


def test_a_whole_partial_file_needs_no_upstream(bench: Bench) -> None:
    bench.partial.write_bytes(BODY)
    fetcher = ScriptedFetcher(BODY)
    bench.fetch(fetcher)
    assert fetcher.opened == []


@pytest.mark.parametrize("left", [b"\0" * 7000, BODY + b"more", BODY[:100] + b"x" + BODY[101:]])
def test_a_wrong_partial_file_costs_one_new_start(bench: Bench, left: bytes) -> None:
    bench.partial.write_bytes(left)
    bench.fetch(ScriptedFetcher(BODY))
    assert bench.holds_only_whole_blobs()
    assert bench.blobs.has(BLOB.digest)


def test_an_upstream_that_ignores_the_range_starts_over_without_harm(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 3000}, {"starts_at": 0}])
    bench.fetch(fetcher)
    assert bench.holds_only_whole_blobs()


class PartsAsWholes(ScriptedFetcher):
    """An upstream whose answer to a range is that part, told as the whole file."""

    def open(
        self,
        content: Descriptor | RemoteFile,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Stream:
        stream = super().open(content, offset, validator, cancellation)
        stream.start, stream.total = 0, len(BODY) - offset
        return stream


def test_an_upstream_that_sends_parts_as_the_whole_is_asked_without_a_range(bench: Bench) -> None:
    fetcher = PartsAsWholes(BODY, script=[{"breaks_after": 3000}, {}])
    bench.fetch(fetcher)
    assert [offset for _, offset in fetcher.opened] == [0, 3000, 7000, 0]
    assert bench.holds_only_whole_blobs()


def test_bytes_from_another_place_than_asked_are_refused(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 3000}, {"starts_at": 3001}])
    with pytest.raises(InvalidAnswer, match="3,001"):
        bench.fetch(fetcher)
    assert not bench.blobs.has(BLOB.digest)


def test_one_corrupt_answer_is_thrown_away_and_asked_for_again(bench: Bench) -> None:
    bench.fetch(ScriptedFetcher(BODY, script=[{"change": flip}, {}]))
    assert bench.holds_only_whole_blobs()


def test_a_corrupt_blob_never_lands(bench: Bench) -> None:
    with pytest.raises(DigestMismatch, match=f"^blob {BLOB.digest.short}: the bytes do not match their digest"):
        bench.fetch(ScriptedFetcher(BODY, script=[{"change": flip}]))
    assert list(bench.blobs.all()) == []
    assert bench.partial.stat().st_size == 0, "bytes that are wrong are not kept to be resumed"


def test_more_bytes_than_promised_are_refused(bench: Bench) -> None:
    with pytest.raises(InvalidAnswer, match="more than the 10,000 bytes"):
        bench.fetch(ScriptedFetcher(BODY, script=[{"change": lambda body: body + b"x"}]))
    assert list(bench.blobs.all()) == []


def test_a_clean_early_end_is_a_broken_connection(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"change": lambda body: body[:4000]}, {}])
    bench.fetch(fetcher)
    assert [offset for _, offset in fetcher.opened] == [0, 4000]


def test_retry_policy_ends_after_five_attempts_without_a_new_byte(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 1000}, {"breaks_after": 0}])
    with pytest.raises(ConnectionBroken):
        bench.fetch(fetcher)
    assert [offset for _, offset in fetcher.opened] == [0] + [1000] * 5
    assert bench.partial.stat().st_size == 1000, "what came is kept for the next time"


@pytest.mark.parametrize(
    "error", [UpstreamNotFound("gone"), RateLimited("x", is_quota=True), RateLimited("x", retry_after=61)]
)
def test_what_cannot_get_better_ends_at_once(bench: Bench, error: DepotError) -> None:
    fetcher = ScriptedFetcher(BODY, script=[error])
    with pytest.raises(type(error)):
        bench.fetch(fetcher)
    assert len(fetcher.opened) == 1


def test_a_short_retry_after_is_waited_for(bench: Bench) -> None:
    bench.fetch(ScriptedFetcher(BODY, script=[RateLimited("x", retry_after=0.01), {}]))
    assert bench.blobs.has(BLOB.digest)


def test_cancelling_wakes_a_blocked_read_and_keeps_what_is_here(bench: Bench) -> None:
    gate = threading.Event()
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 2000}, {"gate": gate}])
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(bench.fetch, fetcher)
        while len(fetcher.opened) < 2:
            assert not running.done()
        bench.cancellation.cancel()
        with pytest.raises(Cancelled):
            running.result(60)
    assert bench.partial.stat().st_size == 2000


def test_two_downloads_of_one_blob_fetch_it_once(tmp_path: Path) -> None:
    bench, gate = Bench(tmp_path), threading.Event()
    fetcher = ScriptedFetcher(BODY, script=[{"gate": gate}])
    follower = PartProgress("x", None)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bench.fetch, fetcher)
        while not fetcher.opened:
            assert not first.done()

        def second_fetch() -> Digest:
            with bench.blobs.lease() as lease:
                return bench.ingest.fetch(fetcher, BLOB, lease, follower, Cancellation())

        second = pool.submit(second_fetch)
        while follower.status is not PartStatus.SHARED:
            assert not second.done()
        gate.set()
        assert first.result(60) == second.result(10) == BLOB.digest
    assert len(fetcher.opened) == 1
    assert follower.bytes == 10_000


def test_when_the_first_of_two_is_cancelled_the_second_takes_over_its_bytes(tmp_path: Path) -> None:
    bench, gate = Bench(tmp_path), threading.Event()
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 4000}, {"gate": gate}, {}])
    follower = PartProgress("x", None)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bench.fetch, fetcher)
        while len(fetcher.opened) < 2:
            assert not first.done()

        def second_fetch() -> Digest:
            with bench.blobs.lease() as lease:
                return bench.ingest.fetch(fetcher, BLOB, lease, follower, Cancellation())

        second = pool.submit(second_fetch)
        while follower.status is not PartStatus.SHARED:
            assert not second.done()
        bench.cancellation.cancel()
        assert second.result(60) == BLOB.digest
        with pytest.raises(Cancelled):
            first.result(60)
    assert [offset for _, offset in fetcher.opened] == [0, 4000, 4000]


def test_too_little_space_is_said_before_a_byte_is_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path, free=5000)
    with pytest.raises(StorageFailure, match=r"0\.0 MB"):
        bench.fetch(ScriptedFetcher(BODY))
    assert bench.partial.stat().st_size == 0


def test_a_full_disk_fails_in_a_sentence(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond a limit."""
    code = (
        "import resource, signal, sys; from tests.content.transfer.bench import *;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        "from pathlib import Path; Bench(Path(sys.argv[1])).fetch(ScriptedFetcher(BODY))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60)
    assert "StorageFailure: Cannot write to the data folder: File too large" in done.stderr
    assert list(BlobStore(tmp_path).all()) == []


FILE = RemoteFile("http://mirror.lan/rootfs.tar.xz")


def remote_partial(bench: Bench) -> Path:
    return bench.blobs.partial(key_of(FILE))


def test_a_file_without_a_digest_gets_the_one_it_has(bench: Bench) -> None:
    assert bench.fetch_file(ScriptedFetcher(BODY), FILE) == BLOB.digest
    assert bench.part.size == 10_000
    assert list(bench.blobs.partials.iterdir()) == []


def test_a_file_without_a_digest_resumes_only_with_a_validator(bench: Bench) -> None:
    remote_partial(bench).write_bytes(BODY[:4000])
    fetcher = ScriptedFetcher(BODY)
    bench.fetch_file(fetcher, FILE)
    assert fetcher.opened == [(FILE.url, 0)]


def test_a_file_without_a_digest_resumes_with_its_validator(bench: Bench) -> None:
    failing = ScriptedFetcher(BODY, script=[{"breaks_after": 4000}, UpstreamNotFound("gone")])
    with pytest.raises(UpstreamNotFound):
        bench.fetch_file(failing, FILE)
    fetcher = ScriptedFetcher(BODY)
    bench.fetch_file(fetcher, FILE)
    assert fetcher.opened == [(FILE.url, 4000)]
    assert bench.holds_only_whole_blobs()


@pytest.mark.parametrize("name", ["a", "b"])
def test_keys_are_never_text_from_outside(name: str) -> None:
    keys: list[Callable[[], str]] = [lambda: key_of(RemoteFile(f"http://x/../../{name}")), lambda: key_of(BLOB)]
    for key in keys:
        assert "/" not in key()
        assert ".." not in key()


def test_an_upstream_that_answers_nonsense_for_a_while_costs_no_byte(bench: Bench) -> None:
    failing = ScriptedFetcher(BODY, script=[{"breaks_after": 7000}, InvalidAnswer("a web page")])
    with pytest.raises(InvalidAnswer, match="a web page"):
        bench.fetch(failing)
    assert bench.partial.stat().st_size == 7000
    fetcher = ScriptedFetcher(BODY)
    bench.fetch(fetcher)
    assert fetcher.opened == [(BLOB.digest.short, 7000)]


def test_an_upstream_that_cannot_go_on_in_the_middle_is_asked_for_all_of_it(bench: Bench) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"breaks_after": 7000}, {"starts_at": 6999}, {"breaks_after": 2000}, {}])
    bench.fetch(fetcher)
    assert [offset for _, offset in fetcher.opened] == [0, 7000, 0, 2000]
    assert bench.holds_only_whole_blobs()


def test_a_cap_is_kept_in_small_steps(tmp_path: Path) -> None:
    blobs, sizes = BlobStore(tmp_path), []

    class Counting(Throttle):
        def take(self, count: int, cancellation: Cancellation) -> None:
            sizes.append(count)

    ingest = Ingest(blobs, DiskSpace(tmp_path, 0, lambda: 1 << 40), Counting(3000), HASTY)
    with blobs.lease() as lease:
        ingest.fetch(ScriptedFetcher(BODY), BLOB, lease, PartProgress("x", None), Cancellation())
    assert sum(sizes) == len(BODY)
    assert max(sizes) <= 4096


def test_what_is_here_counts_from_the_first_moment(bench: Bench) -> None:
    """Before it can be gone on with it is hashed, which takes a while for a large one."""
    bench.partial.write_bytes(BODY[:7000])
    seen: list[tuple[int, PartStatus]] = []

    class Looking(ScriptedFetcher):
        def open(self, *arguments: Any, **named: Any) -> Stream:
            seen.append((bench.part.bytes, bench.part.status))
            return super().open(*arguments, **named)

    class Cancelling(Cancellation):
        def check(self) -> None:
            seen.append((bench.part.bytes, bench.part.status))

    bench.cancellation = Cancelling()
    bench.fetch(Looking(BODY))
    assert seen[0] == (0, PartStatus.WAITING)
    assert (7000, PartStatus.VERIFYING) in seen
    assert (7000, PartStatus.DOWNLOADING) in seen
