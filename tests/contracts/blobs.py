"""What every backend of blobs promises (`imagedepot.protocols.Blobs`). A new backend's test is a subclass with one
fixture."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.errors import Cancelled, DigestMismatch, ImageNotFound, StorageFailure
from imagedepot.model.content.slice import Slice
from imagedepot.model.digest import Digest
from imagedepot.model.download import PartStatus
from imagedepot.protocols import BlobBytes, Blobs

BODY = bytes(range(256)) * 2000
WHOLE = Digest.of(BODY)
KEY = WHOLE.key


def uploaded(blobs: Blobs, body: bytes = BODY, algorithm: str = "sha256") -> Digest:
    digest = Digest.of(body, algorithm)
    with blobs.upload(digest.key, digest, Cancellation()) as writer:
        writer.write(memoryview(body))
        writer.commit(digest)
    return digest


def all_from(served: BlobBytes, start: int, end: int = len(BODY)) -> bytes:
    read = bytearray()
    while start + len(read) < end:
        read += served.read_at(start + len(read), min(7_000, end - start - len(read)))
    return bytes(read)


class BlobsContract:
    """Subclasses give the fixture `blobs`, empty."""

    def test_a_blob_is_here_once_it_is_committed(self, blobs: Blobs) -> None:
        with blobs.upload(KEY, WHOLE, Cancellation()) as writer:
            writer.expect(len(BODY))
            writer.write(memoryview(BODY))
            assert not blobs.has(WHOLE)
            assert (blobs.size(WHOLE), list(blobs.all())) == (0, [])
            writer.commit(WHOLE)
        assert blobs.has(WHOLE)
        assert (blobs.size(WHOLE), list(blobs.all())) == (len(BODY), [WHOLE])
        assert blobs.partial_size(KEY) == 0
        assert blobs.is_whole(WHOLE)

    def test_a_blob_is_read_whole_in_pieces_and_from_an_offset(self, blobs: Blobs) -> None:
        uploaded(blobs)
        assert blobs.read(WHOLE) == BODY
        with blobs.open(WHOLE) as reader:
            assert reader.read(1000) + reader.read() == BODY
            assert reader.read(1) == b""
        buffer = bytearray(500)
        with blobs.open(WHOLE, 300) as reader:
            assert reader.readinto(buffer) == 500
        assert buffer == BODY[300:800]

    def test_a_client_is_given_bytes_from_any_offset(self, blobs: Blobs) -> None:
        uploaded(blobs)
        with closing(blobs.serve(WHOLE)) as served:
            assert all_from(served, 0) == BODY
            assert all_from(served, 300_000) == BODY[300_000:]
            with pytest.raises(StorageFailure):
                served.read_at(len(BODY), 1)

    def test_a_client_may_follow_what_is_being_written(self, blobs: Blobs) -> None:
        with blobs.upload(KEY, WHOLE, Cancellation()) as writer:
            writer.write(memoryview(BODY[:150_000]))
            with closing(blobs.follow(KEY, WHOLE)) as first, closing(blobs.follow(KEY, WHOLE)) as last:
                assert all_from(first, 0, 150_000) == BODY[:150_000]
                assert all_from(last, 140_000, 150_000) == BODY[140_000:150_000]
                for start in range(150_000, len(BODY), 10_000):
                    writer.write(memoryview(BODY[start : start + 10_000]))
                assert all_from(first, 150_000, 400_000) == BODY[150_000:400_000]
                writer.commit(WHOLE)
                assert all_from(first, 400_000) == BODY[400_000:]
                assert all_from(last, 150_000) == BODY[150_000:]
        with closing(blobs.follow(KEY, WHOLE)) as late:
            assert all_from(late, 5) == BODY[5:]

    def test_a_blob_has_a_file_of_its_bytes_or_none(self, blobs: Blobs) -> None:
        assert blobs.local_path(WHOLE) is None
        uploaded(blobs)
        path = blobs.local_path(WHOLE)
        assert path is None or path.read_bytes() == BODY

    def test_what_is_not_here_is_not_found(self, blobs: Blobs) -> None:
        with pytest.raises(ImageNotFound, match=str(WHOLE)):
            blobs.read(WHOLE)
        with pytest.raises(ImageNotFound, match=str(WHOLE)):
            blobs.open(WHOLE)

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_a_writer_goes_on_where_the_one_before_ended(self, blobs: Blobs, algorithm: str) -> None:
        digest = Digest.of(BODY, algorithm)
        for start in range(0, len(BODY), 200_000):
            assert blobs.partial_size("key") == start
            with blobs.upload("key", digest, Cancellation()) as writer:
                assert writer.offset == start
                writer.write(memoryview(BODY[start : start + 200_000]))
                assert writer.digest() == Digest.of(BODY[: start + 200_000], algorithm)
        with blobs.upload("key", digest, Cancellation()) as writer:
            writer.commit(digest)
        assert blobs.read(digest) == BODY

    def test_wrong_bytes_never_become_a_blob(self, blobs: Blobs) -> None:
        with blobs.upload(KEY, WHOLE, Cancellation()) as writer:
            writer.write(memoryview(b"wrong"))
            with pytest.raises(DigestMismatch):
                writer.commit(WHOLE)
            assert not blobs.has(WHOLE)
            writer.restart()
            assert writer.offset == 0
            writer.write(memoryview(BODY))
            writer.commit(WHOLE)
        assert blobs.read(WHOLE) == BODY

    def test_of_a_partial_file_that_is_forgotten_there_is_nothing_to_resume(self, blobs: Blobs) -> None:
        with blobs.upload("key", None, Cancellation()) as writer:
            writer.note('"v1"')
            writer.write(memoryview(BODY))
        blobs.forget_partial("key")
        assert blobs.partial_size("key") == 0
        with blobs.upload("key", None, Cancellation()) as writer:
            assert (writer.offset, writer.validator) == (0, None)

    def test_without_a_digest_only_a_validator_lets_it_go_on(self, blobs: Blobs) -> None:
        with blobs.upload("key", None, Cancellation()) as writer:
            writer.write(memoryview(b"of which version?"))
        with blobs.upload("key", None, Cancellation()) as writer:
            assert writer.offset == 0
            writer.note('"v1"')
            writer.write(memoryview(BODY[:5]))
        with blobs.upload("key", None, Cancellation()) as writer:
            assert (writer.offset, writer.validator) == (5, '"v1"')
            writer.write(memoryview(BODY[5:]))
            writer.commit(writer.digest())
        assert blobs.read(WHOLE) == BODY
        with blobs.upload("key", None, Cancellation()) as writer:
            assert (writer.offset, writer.validator) == (0, None)

    def test_a_cancelled_upload_keeps_what_is_here(self, blobs: Blobs) -> None:
        with blobs.upload(KEY, WHOLE, Cancellation()) as writer:
            writer.write(memoryview(BODY))
        cancellation = Cancellation()
        cancellation.cancel()
        with pytest.raises(Cancelled):
            blobs.upload(KEY, WHOLE, cancellation)
        assert blobs.partial_size(KEY) == len(BODY)

    def test_partial_blobs_are_left_over_until_they_are_discarded(self, blobs: Blobs) -> None:
        before = datetime.now(UTC)
        for key, size in (("some", 5), ("more", 7)):
            with blobs.upload(key, WHOLE, Cancellation()) as writer:
                writer.write(memoryview(BODY[:size]))
        left = {each.key: each for each in blobs.leftovers()}
        assert {key: each.size for key, each in left.items()} == {"some": 5, "more": 7}
        assert all(each.modified > before - timedelta(minutes=1) for each in left.values())
        assert blobs.discard(left["some"]) == 5
        blobs.forget_partial("more")
        blobs.forget_partial("more")
        assert list(blobs.leftovers()) == []
        assert blobs.partial_size("some") == blobs.partial_size("more") == 0

    def test_an_audit_reads_everything_and_sets_aside_what_it_is_told_to(self, blobs: Blobs) -> None:
        blobs.put(b"one")
        uploaded(blobs)
        found = {each.name: each for each in blobs.audit()}
        assert {name: (each.size, each.fault) for name, each in found.items()} == {
            str(Digest.of(b"one")): (3, ""),
            str(WHOLE): (len(BODY), ""),
        }
        assert found[str(WHOLE)].place == blobs.place(WHOLE)
        assert blobs.is_there(found[str(WHOLE)])
        blobs.set_aside(found[str(WHOLE)])
        assert not blobs.is_there(found[str(WHOLE)])
        assert not blobs.has(WHOLE)
        (aside,) = blobs.leftovers()
        assert (aside.key, aside.size) == (None, len(BODY))
        assert blobs.discard(aside) == len(BODY)
        assert list(blobs.leftovers()) == []

    def test_each_blob_is_read_by_the_audit_of_one_slice(self, blobs: Blobs) -> None:
        put = {str(blobs.put(f"blob {number}".encode())) for number in range(12)}
        found = [[each.name for each in blobs.audit(Slice(number, 3))] for number in (1, 2, 3)]
        assert sorted(name for names in found for name in names) == sorted(put)
        assert all(found)

    def test_what_is_put_is_a_blob_once(self, blobs: Blobs) -> None:
        assert blobs.put(b"one") == blobs.put(b"one") == Digest.of(b"one")
        blobs.settle()
        assert list(blobs.all()) == [Digest.of(b"one")]
        assert blobs.read(Digest.of(b"one")) == b"one"
        assert blobs.read(blobs.put(b"one", "sha512")) == b"one"

    def test_deleting_returns_what_it_freed(self, blobs: Blobs) -> None:
        uploaded(blobs)
        assert (blobs.delete(WHOLE), blobs.delete(WHOLE)) == (len(BODY), 0)
        assert not blobs.has(WHOLE)

    def test_what_is_not_wanted_is_listed_with_its_size_and_deleted_together(self, blobs: Blobs) -> None:
        uploaded(blobs)
        kept, gone = blobs.put(b"kept"), blobs.put(b"garbage")
        for raw in (b"kept manifest", b"old manifest"):
            blobs.keep_upstream(Digest.of(raw), raw)
        old = Digest.of(b"old manifest")
        found = list(blobs.unwanted({kept, Digest.of(b"kept manifest")}))
        assert {(each.digest, each.size, each.is_upstream) for each in found} == {
            (WHOLE, len(BODY), False),
            (gone, 7, False),
            (old, 12, True),
        }
        assert sorted(map(str, blobs.delete_all(found))) == sorted(map(str, found))
        assert set(blobs.all()) == {kept}
        assert set(blobs.all_upstream()) == {Digest.of(b"kept manifest")}
        assert list(blobs.unwanted({kept, Digest.of(b"kept manifest")})) == []
        assert not blobs.delete_all([])
        with blobs.sweeping() as is_mine:
            assert is_mine

    def test_a_lease_counts_and_ends_with_its_block(self, blobs: Blobs) -> None:
        with blobs.lease() as outer:
            outer.pin([WHOLE])
            with blobs.lease() as inner:
                inner.pin([WHOLE])
                inner.pin_partial("key")
                assert blobs.leased_keys() == {KEY, "key"}
            assert blobs.leased() == {WHOLE}
            assert blobs.leased_keys() == {KEY}
        assert not blobs.leased()
        assert not blobs.leased_keys()

    def test_no_lease_begins_while_a_clean_up_looks(self, blobs: Blobs) -> None:
        pinned = threading.Event()

        def pin() -> None:
            with blobs.lease() as lease:
                lease.pin([WHOLE])
                pinned.set()

        with ThreadPoolExecutor(1) as pool:
            with blobs.no_new_leases() as (leased, keys):
                waits = pool.submit(pin)
                assert not leased
                assert not keys
                assert not pinned.wait(0.05)
            waits.result(30)
        assert pinned.is_set()

    def test_one_writer_a_key_and_those_who_wait_see_how_far_it_is(self, blobs: Blobs) -> None:
        first, second = PartProgress(KEY, 10), PartProgress(KEY, None)
        seen = threading.Event()

        class Watched(Cancellation):
            def check(self) -> None:
                super().check()
                if second.bytes == 7:
                    seen.set()

        def wait() -> None:
            with blobs.turn(KEY, second, Watched()):
                assert second.status is PartStatus.WAITING

        with ThreadPoolExecutor(1) as pool:
            with blobs.turn(KEY, first, Cancellation()):
                first.bytes = 7
                waits = pool.submit(wait)
                assert seen.wait(30)
                assert (second.size, second.status) == (10, PartStatus.SHARED)
                with blobs.turn("another key", PartProgress("another key", None), Cancellation()):
                    pass
            waits.result(30)

    def test_who_waits_for_a_turn_can_be_cancelled(self, blobs: Blobs) -> None:
        cancelled = Cancellation()
        cancelled.cancel()
        with (
            blobs.turn(KEY, PartProgress(KEY, None), Cancellation()),
            pytest.raises(Cancelled),
            blobs.turn(KEY, PartProgress(KEY, None), cancelled),
        ):
            raise AssertionError("two hold one key")

    def test_upstream_bytes_are_kept_beside_the_blobs_and_checked(self, blobs: Blobs) -> None:
        with pytest.raises(DigestMismatch):
            blobs.keep_upstream(WHOLE, b"other")
        with pytest.raises(ImageNotFound):
            blobs.upstream(WHOLE)
        assert (blobs.kept_upstream(WHOLE), blobs.upstream_size(WHOLE)) == (None, 0)
        blobs.keep_upstream(WHOLE, BODY)
        assert blobs.upstream(WHOLE) == blobs.kept_upstream(WHOLE) == BODY
        assert (list(blobs.all_upstream()), list(blobs.all())) == ([WHOLE], [])
        assert (blobs.forget_upstream(WHOLE), blobs.forget_upstream(WHOLE)) == (len(BODY), 0)
        assert blobs.kept_upstream(WHOLE) is None
