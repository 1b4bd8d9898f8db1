"""Uploads: what is kept of them, and when they end."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.database.rows.pushed import UploadRows
from imagedepot.errors import Conflict, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.service.distribution.failures import NoSuchUpload, OutOfOrder, TooManyUploads, WrongDigest
from tests.service.distribution.kit import Desk

CONTENT = b"0123456789" * 5000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("announced", ["sha256", "sha512"])
def test_what_was_sent_in_chunks_is_a_blob_of_its_repository(desk: Desk, algorithm: str, announced: str) -> None:
    upload = desk.uploads.begin("team/app", "ada", announced)
    for start in range(0, len(CONTENT), 10_000):
        desk.send(upload, CONTENT[start : start + 10_000], start)
    digest = Digest.of(CONTENT, algorithm)
    desk.uploads.finish(upload, digest)
    assert desk.blobs.path(digest).read_bytes() == CONTENT
    assert desk.repositories.has_blob("team/app", digest)
    assert not desk.repositories.has_blob("team/other", digest)
    assert list(desk.blobs.partials.iterdir()) == []


def test_an_upload_goes_on_at_its_offset_after_a_restart(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    desk.send(upload, CONTENT[:20_000])
    again = desk.restarted()
    try:
        found = again.uploads.find("team/app", upload.id)
        assert found.offset == 20_000
        again.send(found, CONTENT[20_000:], 20_000)
        again.uploads.finish(found, Digest.of(CONTENT))
        assert again.blobs.is_whole(Digest.of(CONTENT))
    finally:
        again.close()


def test_a_blob_that_comes_with_one_request_costs_no_row_and_is_kept_when_it_does_not_come(desk: Desk) -> None:
    rows = UploadRows(desk.database)
    whole = desk.uploads.begin("team/app", "ada", is_whole=True)
    desk.send(whole, CONTENT)
    assert rows.all() == []
    desk.uploads.reload(None)  # as when another node has changed much
    desk.uploads.finish(whole, Digest.of(CONTENT))
    assert desk.repositories.has_blob("team/app", Digest.of(CONTENT))
    later = desk.uploads.begin("team/app", "ada", is_whole=True)
    desk.uploads.keep(later)
    again = desk.restarted()
    try:
        assert again.uploads.find("team/app", later.id).offset == 0
    finally:
        again.close()


def test_many_open_uploads_hold_few_files_and_lose_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most=200, most_each=200)
    uploads = [desk.uploads.begin("team/app", "ada") for _ in range(100)]
    for start in (0, 5):
        for number, upload in enumerate(uploads):
            desk.send(upload, b"%05d" % number, start)
    assert sum(each.partial is not None for each in uploads) <= 64
    for number, upload in enumerate(uploads):
        desk.uploads.finish(upload, Digest.of(b"%05d" % number * 2))
    desk.close()


def test_a_chunk_that_does_not_begin_at_the_end_is_refused_and_costs_nothing(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    desk.send(upload, CONTENT[:100])
    for start in (0, 99, 101):
        with pytest.raises(OutOfOrder):
            desk.uploads.write(upload, start, 10)
    desk.send(upload, CONTENT[100:], 100)
    desk.uploads.finish(upload, Digest.of(CONTENT))


def test_bytes_of_another_digest_are_not_kept(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    desk.send(upload, CONTENT)
    with pytest.raises(WrongDigest):
        desk.uploads.finish(upload, Digest.of(b"something else"))
    assert list(desk.blobs.all()) == []
    assert list(desk.blobs.partials.iterdir()) == []
    with pytest.raises(NoSuchUpload):
        desk.uploads.find("team/app", upload.id)


def test_the_request_that_comes_later_takes_over(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    first = desk.uploads.write(upload)
    first.write(CONTENT[:10])
    second = desk.uploads.write(upload)
    with pytest.raises(Conflict):
        first.write(b"of a connection that was cut")
    second.write(CONTENT[10:])
    desk.uploads.finish(upload, Digest.of(CONTENT))


def test_one_caller_cannot_take_the_uploads_of_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most=5, most_each=3)
    mine = [desk.uploads.begin("team/app", "ada") for _ in range(3)]
    with pytest.raises(TooManyUploads):
        desk.uploads.begin("team/app", "ada")
    for _ in range(2):
        desk.uploads.begin("team/app", "bob")
    with pytest.raises(TooManyUploads):
        desk.uploads.begin("team/app", "eve")
    desk.uploads.cancel(mine[0])
    desk.uploads.begin("team/app", "eve")
    desk.close()


def test_ten_thousand_uploads_take_the_memory_and_the_disk_of_as_many_as_the_limit_allows(tmp_path: Path) -> None:
    """Each of a thousand callers opens ten; a byte of each that is taken lies on the disk."""
    desk = Desk(tmp_path, most=200, most_each=8)
    refused, grown = Counter[str](), 0
    tracemalloc.start()
    try:
        for number in range(10_000):
            try:
                desk.send(desk.uploads.begin(f"team/app-{number}", f"caller-{number // 10}"), b"x")
            except TooManyUploads as error:
                refused[str(error)] += 1
            if refused.total() == 100:
                grown = tracemalloc.get_traced_memory()[0]
        grown = tracemalloc.get_traced_memory()[0] - grown
    finally:
        tracemalloc.stop()
    assert refused["8 uploads of caller-0 are open: finish or cancel some first"] == 2
    assert refused["200 uploads are open, which is the limit: try again later"] > refused.total() - 60
    assert refused.total() == 9_800
    assert len(list(desk.blobs.partials.iterdir())) == len(desk.uploads.keys()) == 200
    assert len(UploadRows(desk.database).all()) == len(desk.repositories.names()) == 200
    assert grown < 300_000  # bytes
    desk.close()


def test_uploads_that_were_left_make_room_for_the_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most=5, most_each=3)
    left = [desk.uploads.begin("team/app", "ada") for _ in range(3)]
    desk.later(minutes=5)
    desk.send(left[0], CONTENT)
    desk.later(minutes=6)
    desk.uploads.begin("team/app", "ada")
    with pytest.raises(NoSuchUpload):
        desk.uploads.find("team/app", left[1].id)
    assert desk.uploads.find("team/app", left[0].id).offset == len(CONTENT)
    desk.close()


def test_an_upload_is_abandoned_after_a_day_without_a_byte(desk: Desk) -> None:
    idle, busy = desk.uploads.begin("team/app", "ada"), desk.uploads.begin("team/app", "ada")
    for upload in (idle, busy):
        desk.send(upload, CONTENT)
    desk.later(hours=20)
    desk.send(busy, b"more")
    desk.later(hours=5)
    desk.uploads.drop_abandoned()
    with pytest.raises(NoSuchUpload):
        desk.uploads.find("team/app", idle.id)
    assert [path.name for path in desk.blobs.partials.iterdir()] == [busy.key]


def test_an_upload_that_fills_the_disk_gives_its_room_back(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    writer = desk.uploads.write(upload)
    writer.write(bytes(4 << 20))
    desk.free = 1 << 20
    with pytest.raises(StorageFailure):
        for _ in range(4):
            writer.write(bytes(4 << 20))
    assert list(desk.blobs.partials.iterdir()) == []
    with pytest.raises(StorageFailure):
        desk.uploads.write(desk.uploads.begin("team/app", "ada"), None, 2 << 20)


def test_an_upload_is_found_in_its_repository_alone(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    with pytest.raises(NoSuchUpload):
        desk.uploads.find("team/other", upload.id)


def test_no_clean_up_takes_what_a_client_goes_on_with(desk: Desk) -> None:
    upload = desk.uploads.begin("team/app", "ada")
    desk.send(upload, CONTENT[:10])
    digest = desk.push_blob("team/app", b"a layer whose manifest is to come")
    desk.collector.sweep(desk.uploads.keys())
    assert desk.blobs.has(digest)
    desk.send(upload, CONTENT[10:])
    assert hashlib.sha256(desk.blobs.partial(upload.key).read_bytes()).digest() == hashlib.sha256(CONTENT).digest()


def test_a_blob_that_no_manifest_needs_goes_after_a_day(desk: Desk) -> None:
    digest = desk.push_blob("team/app", CONTENT)
    desk.later(hours=23)
    assert desk.repositories.has_blob("team/app", digest)  # a client asks for it, and leaves it out
    desk.later(hours=23)
    desk.collector.sweep()
    assert desk.blobs.has(digest)
    desk.later(hours=2)
    desk.repositories.drop_stale_blobs()
    desk.collector.sweep()
    assert not desk.blobs.has(digest)
    assert not desk.repositories.has_blob("team/app", digest)
