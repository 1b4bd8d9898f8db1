"""Faults in front of the bucket: nothing is lost, no wrong blob lands, and what fails says why in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.content.backends.s3.cache import ReadCache
from imagedepot.errors import StorageFailure, StorageUnavailable
from imagedepot.model.digest import Digest
from imagedepot.model.names.s3_address import S3Address
from tests.contracts.blobs import uploaded
from tests.fleet.faulty_proxy import Fault, FaultyProxy
from tests.ground.swift import Swift
from tests.ground.waiting import wait_until

SIZE = 200_000
BODY = bytes(range(256)) * 2500  # three parts and a bit
WHOLE = Digest.of(BODY)


@pytest.fixture
def proxy(swift: Swift) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(swift.endpoint).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def blobs(address: S3Address, proxy: FaultyProxy, tmp_path: Path) -> Iterator[S3Blobs]:
    yield from made(address, proxy, tmp_path, 30)


@pytest.fixture
def hasty(address: S3Address, proxy: FaultyProxy, tmp_path: Path) -> Iterator[S3Blobs]:
    """Of which a request is given up after a second."""
    yield from made(address, proxy, tmp_path, 1)


def made(address: S3Address, proxy: FaultyProxy, folder: Path, seconds: float) -> Iterator[S3Blobs]:
    bucket = Bucket(replace(address, endpoint=proxy.endpoint), answer_seconds=seconds)
    blobs = S3Blobs(bucket, ReadCache(folder / "cache", 0), SIZE)
    yield blobs
    blobs.close()


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.CUT_BEFORE, Fault.CUT_AFTER])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_fault_that_passes_costs_nothing(blobs: S3Blobs, proxy: FaultyProxy, fault: Fault, method: str) -> None:
    proxy.fail(fault, method, times=1)
    uploaded(blobs, BODY)
    assert blobs.read(WHOLE) == BODY
    # An object of many parts was begun twice where the first answer was lost; a clean-up takes what was not completed.
    assert {(each.key, each.size) for each in blobs.leftovers()} <= {(WHOLE.key, 0)}


def test_an_answer_that_breaks_off_is_gone_on_with_where_it_broke(blobs: S3Blobs, proxy: FaultyProxy) -> None:
    uploaded(blobs, BODY)
    proxy.fail(Fault.CUT_WITHIN, "GET", "/blobs/sha256/", times=3)
    assert blobs.read(WHOLE) == BODY


def test_a_store_that_stays_busy_is_named_and_nothing_is_lost(blobs: S3Blobs, proxy: FaultyProxy) -> None:
    with blobs.upload("key", WHOLE, Cancellation()) as writer:
        writer.write(memoryview(BODY[:SIZE]))
        proxy.fail(Fault.SLOW_DOWN, "PUT")
        written = SIZE
        with pytest.raises(StorageUnavailable, match=r"s3://blobs/.* is overloaded or out of order \(SlowDown\)"):
            while written < len(BODY):
                writer.write(memoryview(BODY[written : written + 10_000]))
                written += 10_000
        assert writer.offset == written
        proxy.heal()
        writer.write(memoryview(BODY[written:]))
        writer.commit(WHOLE)
    assert blobs.read(WHOLE) == BODY
    assert list(blobs.leftovers()) == []


@pytest.mark.parametrize("where", ["/blobs/sha256/", "partNumber=", "uploadId="])
def test_a_commit_that_fails_is_no_blob_and_may_be_repeated(blobs: S3Blobs, proxy: FaultyProxy, where: str) -> None:
    with blobs.upload("key", WHOLE, Cancellation()) as writer:
        writer.write(memoryview(BODY))
        proxy.fail(Fault.SLOW_DOWN, path=where)
        with pytest.raises(StorageUnavailable):
            writer.commit(WHOLE)
        proxy.heal()
        assert not blobs.has(WHOLE)
        writer.commit(WHOLE)
    assert blobs.read(WHOLE) == BODY
    for left in list(blobs.leftovers()):
        assert left.key == WHOLE.key  # an abort that was refused: no blob is leased, so a clean-up takes it
        blobs.discard(left)
    assert list(blobs.leftovers()) == []
    assert blobs.read(WHOLE) == BODY


def test_silence_ends_and_only_one_caller_waits_for_it(hasty: S3Blobs, proxy: FaultyProxy) -> None:
    uploaded(hasty, BODY)
    proxy.fail(Fault.SILENCE, "HEAD")
    other = Digest.of(b"other")
    with pytest.raises(StorageUnavailable, match="does not answer"):
        hasty.has(other)
    proxy.silent.clear()
    pool = ThreadPoolExecutor(1)
    probe = pool.submit(hasty.has, other)
    assert proxy.silent.wait(30)
    before = len(proxy.seen)
    for _ in range(20):
        with pytest.raises(StorageUnavailable, match="does not answer"):
            hasty.read(WHOLE)
    assert [each for each in proxy.seen[before:] if each.startswith("GET")] == []
    assert isinstance(probe.exception(60), StorageUnavailable)
    pool.shutdown()
    proxy.heal()
    assert hasty.read(WHOLE) == BODY
    assert not hasty.has(other)


def test_nobody_listening_is_a_sentence(address: S3Address, tmp_path: Path) -> None:
    blobs = S3Blobs(Bucket(replace(address, endpoint="http://127.0.0.1:9")), ReadCache(tmp_path / "cache", 0))
    with closing(blobs), pytest.raises(StorageUnavailable, match=r"at http://127\.0\.0\.1:9 does not answer"):
        blobs.has(WHOLE)


def test_wrong_credentials_and_buckets_are_named(address: S3Address, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageFailure, match="There is no bucket nowhere"):
        Bucket(replace(address, bucket="nowhere")).check()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StorageFailure, match=r"refuses our credentials \(SignatureDoesNotMatch\)"):
        Bucket(address).check()


def test_another_node_goes_on_after_the_last_whole_part_of_one_that_was_killed(
    blobs: S3Blobs, bucket: Bucket, tmp_path: Path
) -> None:
    killed = blobs.upload("key", WHOLE, Cancellation())
    killed.write(memoryview(BODY[:450_000]))  # and nothing more is heard of it
    other = S3Blobs(bucket, ReadCache(tmp_path / "other", 0), SIZE)
    wait_until(lambda: other.partial_size("key") == 2 * SIZE)
    with closing(other), other.upload("key", WHOLE, Cancellation()) as writer:
        assert writer.offset == 2 * SIZE
        writer.write(memoryview(BODY[2 * SIZE :]))
        writer.commit(WHOLE)
        assert other.read(WHOLE) == BODY


def test_an_object_that_rots_is_found_and_set_aside(blobs: S3Blobs, bucket: Bucket) -> None:
    uploaded(blobs, BODY)
    bucket.put(f"blobs/sha256/{WHOLE.hex}", bytes(len(BODY)))
    bucket.put("blobs/sha256/README", b"a stranger")
    found = {each.place: each for each in blobs.audit()}
    assert {place: each.fault for place, each in found.items()} == {
        f"blobs/sha256/{WHOLE.hex}": "its bytes are not what its digest says",
        "blobs/sha256/README": "its name is no digest: it is not ours",
    }
    assert not blobs.is_whole(WHOLE)
    for each in found.values():
        blobs.set_aside(each)
    assert list(bucket.list("blobs/")) == []
    aside = {each.name: each.size for each in blobs.leftovers()}
    assert aside == {f"sha256-{WHOLE.hex}": len(BODY), "sha256-README": 10}


def test_bytes_that_another_node_changed_never_become_a_blob(blobs: S3Blobs, bucket: Bucket) -> None:
    with blobs.upload("key", WHOLE, Cancellation()) as writer:
        writer.write(memoryview(BODY))
        writer.close()
        bucket.put("uploads/key/000001", bytes(SIZE))
        with pytest.raises(StorageUnavailable, match="Another node changed the upload"):
            writer.commit(WHOLE)
    assert not blobs.has(WHOLE)
    assert list(bucket.list("blobs/")) == []
