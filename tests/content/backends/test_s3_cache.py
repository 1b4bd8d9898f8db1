"""The cache of a bucket holds whole and correct blobs, and no more bytes than it may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagedepot.content.backends.s3.cache import ReadCache
from imagedepot.content.backends.s3.sizes import SECONDS, SeenSizes
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest

BODIES = [bytes([number]) * 100 for number in range(6)]
DIGESTS = [Digest.of(body) for body in BODIES]


@pytest.fixture
def cache(tmp_path: Path) -> ReadCache:
    """With room for four of the bodies."""
    return ReadCache(tmp_path / "cache", 400)


def fill(cache: ReadCache, number: int) -> None:
    filling = cache.fill(DIGESTS[number], 100)
    assert filling is not None
    filling.write(BODIES[number][:60])
    filling.write(BODIES[number][60:])
    filling.close()


def here(cache: ReadCache) -> list[int]:
    found = []
    for number, digest in enumerate(DIGESTS):
        file = cache.open(digest)
        if file is not None:
            with file:
                assert file.read() == BODIES[number]
            found.append(number)
    return found


def test_the_blob_that_was_read_least_recently_goes(cache: ReadCache) -> None:
    for number in range(4):
        fill(cache, number)
    file = cache.open(DIGESTS[0])
    assert file is not None
    file.close()
    fill(cache, 4)
    assert here(cache) == [0, 2, 3, 4]
    assert cache.bytes == 400


def test_it_is_found_again_after_a_restart_in_the_order_of_use(cache: ReadCache, tmp_path: Path) -> None:
    for number in range(3):
        fill(cache, number)
        os.utime(tmp_path / "cache" / DIGESTS[number].key, (1000 - number, 1000 - number))
    (tmp_path / "cache" / "stranger").write_bytes(b"x")
    (tmp_path / "cache" / f"{DIGESTS[5].key}.00.new").write_bytes(b"x")
    assert here(ReadCache(tmp_path / "cache", 200)) == [0, 1]
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.parametrize("pieces", [[b"x" * 100], [BODIES[0][:99]], [BODIES[0], b"x"], []])
def test_what_is_not_whole_and_correct_is_not_kept(cache: ReadCache, tmp_path: Path, pieces: list[bytes]) -> None:
    filling = cache.fill(DIGESTS[0], 100)
    assert filling is not None
    for piece in pieces:
        filling.write(piece)
    filling.close()
    assert here(cache) == []
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_blob_that_would_drive_out_too_much_is_not_kept(cache: ReadCache, tmp_path: Path) -> None:
    assert cache.fill(DIGESTS[0], 101) is None
    assert ReadCache(tmp_path / "none", 0).fill(DIGESTS[0], 1) is None


def test_it_leaves_the_reserve_of_the_disk_alone(tmp_path: Path) -> None:
    full = ReadCache(tmp_path / "cache", 400, DiskSpace(tmp_path, reserve=100, free=lambda: 150))
    assert full.fill(DIGESTS[0], 100) is None


def test_a_cache_that_is_gone_costs_nothing_else(cache: ReadCache, tmp_path: Path) -> None:
    fill(cache, 0)
    (tmp_path / "cache" / DIGESTS[0].key).unlink()
    assert cache.open(DIGESTS[0]) is None
    assert cache.bytes == 0
    (tmp_path / "cache").rmdir()
    assert cache.fill(DIGESTS[0], 100) is None
    (tmp_path / "cache").write_bytes(b"a file in its place")
    assert ReadCache(tmp_path / "cache", 400).fill(DIGESTS[0], 100) is None


def test_a_size_that_was_seen_is_remembered_for_a_moment() -> None:
    now = 100.0
    sizes = SeenSizes(lambda: now)
    sizes.note(DIGESTS[0], 100)
    assert (sizes.find(DIGESTS[0]), sizes.find(DIGESTS[1])) == (100, None)
    now += SECONDS
    assert sizes.find(DIGESTS[0]) is None
    sizes.note(DIGESTS[0], 100)
    sizes.forget(DIGESTS[0])
    assert sizes.find(DIGESTS[0]) is None
