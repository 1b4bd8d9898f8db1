"""A file under `blobs/` is whole and correct, or absent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import DigestMismatch, ImageNotFound, StorageFailure
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest
from tests.contracts.blobs import BlobsContract

ONE = Digest.of(b"one")


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "data")


class TestLocalBlobs(BlobsContract):
    """What every backend promises."""


def test_what_is_put_leaves_the_reserve_alone(tmp_path: Path) -> None:
    full = BlobStore(tmp_path, DiskSpace(tmp_path, reserve=100, free=lambda: 103))
    full.put(b"abc")
    full.keep_upstream(Digest.of(b"abc"), b"abc")
    with pytest.raises(StorageFailure, match="A manifest needs"):
        full.put(b"abcd")
    with pytest.raises(StorageFailure, match="A manifest needs"):
        full.keep_upstream(Digest.of(b"abcd"), b"abcd")
    full.put(b"abc")
    full.keep_upstream(Digest.of(b"abc"), b"abc")
    assert list(full.all()) == list(full.all_upstream()) == [Digest.of(b"abc")]


def test_what_is_put_is_a_blob_once(blobs: BlobStore) -> None:
    assert not blobs.has(ONE)
    assert blobs.size(ONE) == 0
    assert blobs.put(b"one") == ONE
    before = blobs.path(ONE).stat().st_ino
    blobs.put(b"one")
    assert blobs.path(ONE).stat().st_ino == before, "what is here is not written again"
    assert (blobs.has(ONE), blobs.size(ONE), list(blobs.all())) == (True, 3, [ONE])
    assert list(blobs.partials.iterdir()) == []


def test_many_threads_may_put_the_same(blobs: BlobStore) -> None:
    together = threading.Barrier(8)

    def put(_: int) -> Digest:
        together.wait(60)
        blobs.keep_upstream(ONE, b"one")
        return blobs.put(b"one")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(put, range(8))) == {ONE}
    assert blobs.path(ONE).read_bytes() == blobs.upstream(ONE) == b"one"


def test_a_torn_write_is_never_among_the_blobs(blobs: BlobStore) -> None:
    """A process that dies in the middle leaves a file under `partial/`, and the next one does not mind it."""
    torn = blobs.partial(f"sha256-{ONE.hex}.new")
    torn.write_bytes(b"on")
    assert list(blobs.all()) == []
    assert [path.name for path in blobs.blobs.rglob("*") if path.is_file()] == []
    blobs.put(b"one")
    assert blobs.path(ONE).read_bytes() == b"one"
    assert not torn.exists()


def test_a_landed_partial_file_moves_and_another_algorithm_has_its_own_folder(blobs: BlobStore) -> None:
    digest = Digest.of(b"landed", "sha512")
    blobs.partial("key").write_bytes(b"landed")
    blobs.land(blobs.partial("key"), digest)
    assert blobs.path(digest).parent.name == "sha512"
    assert list(blobs.all()) == [digest]
    assert not blobs.partial("key").exists()
    with pytest.raises(StorageFailure, match="Cannot store sha512:"):
        blobs.land(blobs.partial("key"), digest)


def test_upstream_bytes_are_kept_beside_the_layout_and_checked_both_ways(blobs: BlobStore) -> None:
    with pytest.raises(DigestMismatch):
        blobs.keep_upstream(ONE, b"other")
    with pytest.raises(ImageNotFound):
        blobs.upstream(ONE)
    blobs.keep_upstream(ONE, b"one")
    assert blobs.upstream(ONE) == b"one"
    assert list(blobs.all_upstream()) == [ONE]
    assert list(blobs.all()) == []
    (file,) = [path for path in (blobs.layout.parent / "upstream").rglob("*") if path.is_file()]
    file.write_bytes(b"onE")
    assert blobs.kept_upstream(ONE) is None, "rotten bytes count as absent"
    blobs.keep_upstream(ONE, b"one")
    assert blobs.upstream(ONE) == b"one", "and are replaced by good ones"
    blobs.forget_upstream(ONE)
    assert blobs.kept_upstream(ONE) is None


def test_files_that_are_not_ours_are_no_blobs(blobs: BlobStore) -> None:
    (blobs.blobs / "sha256" / "README").touch()
    (blobs.blobs / "md5").mkdir()
    (blobs.blobs / "md5" / ("a" * 32)).touch()
    assert list(blobs.all()) == []


def test_what_cannot_be_read_fails_in_a_sentence(blobs: BlobStore) -> None:
    (blobs.path(ONE).parents[3] / "upstream" / "sha256" / ONE.hex).mkdir(parents=True)
    with pytest.raises(StorageFailure, match=f"^Cannot read {ONE}: "):
        blobs.kept_upstream(ONE)
    blobs.partials.rmdir()
    blobs.partials.touch()
    with pytest.raises(StorageFailure, match=f"^Cannot read {blobs.partials}: "):
        list(blobs.leftovers())


def test_a_data_folder_that_cannot_be_used_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailure, match=f"Cannot use the data folder {tmp_path}/file: "):
        BlobStore(tmp_path / "file")
