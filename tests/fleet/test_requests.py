"""What an operation costs in requests to the bucket: a constant, or one a part; never one a blob that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.content.backends.s3.cache import ReadCache
from imagedepot.content.backends.s3.sizes import SeenSizes
from imagedepot.content.backends.s3.writer import PART
from imagedepot.content.gc import Freed, GarbageCollector
from imagedepot.content.verify import Verifier
from imagedepot.model.content.slice import Slice
from imagedepot.model.digest import Digest
from imagedepot.model.names.s3_address import S3Address
from tests.contracts.blobs import uploaded

SIZE = 100_000
SMALL, LARGE = b"s" * 5000, bytes(range(250)) * 1300  # one part; three and a bit
Costs = Callable[[Callable[[], object]], dict[str, int]]


@pytest.fixture
def blobs(bucket: Bucket, tmp_path: Path) -> Iterator[S3Blobs]:
    blobs = S3Blobs(bucket, ReadCache(tmp_path / "cache", 10 << 20), SIZE)
    yield blobs
    blobs.close()


@pytest.fixture
def costs(bucket: Bucket) -> Costs:
    def count(work: Callable[[], object]) -> dict[str, int]:
        bucket.requests.clear()
        work()
        return dict(bucket.requests)

    return count


def test_a_part_is_as_large_as_every_store_asks_for() -> None:
    assert 5 << 20 <= PART <= 64 << 20


def test_a_small_blob_is_stored_by_one_request_after_one_look(blobs: S3Blobs, costs: Costs) -> None:
    assert costs(lambda: uploaded(blobs, SMALL)) == {"ListObjectsV2": 1, "PutObject": 1}


def test_a_large_blob_costs_two_requests_a_part_and_four(blobs: S3Blobs, costs: Costs) -> None:
    assert costs(lambda: uploaded(blobs, LARGE)) == {
        "ListObjectsV2": 1,
        "PutObject": 4,
        "CreateMultipartUpload": 1,
        "UploadPartCopy": 4,
        "CompleteMultipartUpload": 1,
        "DeleteObjects": 1,
    }


def test_what_has_just_been_stored_or_seen_is_not_asked_for(
    blobs: S3Blobs, bucket: Bucket, costs: Costs, tmp_path: Path
) -> None:
    digest = uploaded(blobs, SMALL)
    assert costs(lambda: (blobs.has(digest), blobs.size(digest))) == {}
    other = S3Blobs(bucket, ReadCache(tmp_path / "cache", 0))
    assert costs(lambda: (other.has(digest), other.size(digest), other.has(digest))) == {"HeadObject": 1}
    other.close()


def test_a_blob_is_read_by_one_request_and_then_from_the_cache(blobs: S3Blobs, costs: Costs) -> None:
    digest = uploaded(blobs, LARGE)

    def serve() -> None:
        with closing(blobs.serve(digest)) as served:
            read = b""
            while len(read) < len(LARGE):
                read += served.read_at(len(read), 10_000)
            assert read == LARGE

    assert costs(serve) == {"GetObject": 1}
    assert costs(serve) == costs(lambda: blobs.read(digest)) == {}
    assert costs(lambda: blobs.redirect(digest)) == {}


def test_a_writer_that_goes_on_reads_each_part_once(blobs: S3Blobs, costs: Costs) -> None:
    digest = Digest.of(LARGE)
    with blobs.upload("key", digest, Cancellation()) as writer:
        writer.write(memoryview(LARGE[:250_000]))

    def go_on() -> None:
        with blobs.upload("key", digest, Cancellation()) as writer:
            assert writer.offset == 250_000

    assert costs(go_on) == {"ListObjectsV2": 1, "GetObject": 3}
    assert costs(lambda: blobs.partial_size("key")) == {"ListObjectsV2": 1}


def test_a_clean_up_lists_and_asks_for_no_blob_but_those_that_it_deletes(blobs: S3Blobs, costs: Costs) -> None:
    kept = [blobs.put(f"kept {number}".encode()) for number in range(10)]
    blobs.put(b"garbage")
    sweep = GarbageCollector(blobs, [lambda: kept]).sweep
    assert costs(lambda: sweep(())) == {"ListObjectsV2": 4, "ListMultipartUploads": 1, "DeleteObject": 1}
    assert costs(lambda: [blobs.size(digest) for digest in blobs.all()]) == {"ListObjectsV2": 1}


@pytest.mark.parametrize("count", [20, 40])
def test_a_sweep_costs_lists_and_deletions_by_the_page_and_nothing_for_each_blob(
    address: S3Address, tmp_path: Path, count: int
) -> None:
    page = 10
    bucket = Bucket(address, 30, page)
    with closing(S3Blobs(bucket, ReadCache(tmp_path / "cache", 0))) as blobs:
        with ThreadPoolExecutor(8) as pool:
            put = list(pool.map(lambda number: blobs.put(f"blob {number}".encode()), range(count)))
        kept = put[:5]
        bucket.requests.clear()
        assert GarbageCollector(blobs, [lambda: kept]).sweep().files == count - len(kept)
        pages = count // page
        assert dict(bucket.requests) == {
            "ListObjectsV2": pages + 1,  # of blobs, and of upstreams' manifests
            "DeleteObjects": pages,
        }
        bucket.requests.clear()
        assert GarbageCollector(blobs, [lambda: kept]).sweep().files == 0
        assert dict(bucket.requests) == {"ListObjectsV2": 2}
        assert set(blobs.all()) == set(kept)


def test_what_was_written_a_moment_ago_is_no_garbage_where_there_are_other_nodes(
    bucket: Bucket, tmp_path: Path
) -> None:
    with closing(S3Blobs(bucket, ReadCache(tmp_path / "cache", 0), grace=3600)) as blobs:
        fresh = blobs.put(b"by another node, which is about to name it")
        assert GarbageCollector(blobs).sweep() == GarbageCollector(blobs).reclaimable(()) == Freed(0, 0)
        assert blobs.has(fresh)


def test_a_verification_lists_its_slice_and_reads_each_blob_once(blobs: S3Blobs, costs: Costs) -> None:
    put = [blobs.put(f"blob {number}".encode()) for number in range(12)]
    verifier = Verifier(blobs, lambda: dict.fromkeys(put, ("lab/app:1",)))
    blobs._sizes = SeenSizes()  # as after a while
    assert costs(verifier.run) == {"ListObjectsV2": 1, "GetObject": 12}
    mine = [each for each in put if Slice(2, 3).has(each.hex)]
    assert costs(lambda: verifier.run(slice_=Slice(2, 3))) == {"ListObjectsV2": 1, "GetObject": len(mine)}


def test_manifests_of_upstreams_and_deletions_cost_what_they_must(blobs: S3Blobs, costs: Costs) -> None:
    digest = Digest.of(SMALL)
    assert costs(lambda: blobs.put(SMALL)) == {"PutObject": 1}
    assert costs(lambda: blobs.put(SMALL)) == {}
    assert costs(lambda: blobs.keep_upstream(digest, SMALL)) == {"PutObject": 1}
    assert costs(lambda: blobs.kept_upstream(digest)) == {"GetObject": 1}
    assert costs(lambda: blobs.delete(digest)) == {"DeleteObject": 1}
    assert costs(lambda: blobs.delete(digest)) == {"HeadObject": 1}
    assert costs(lambda: list(blobs.all())) == {"ListObjectsV2": 1}
