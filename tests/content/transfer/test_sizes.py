"""Sizes that a manifest or a catalog promises, and what comes: the digest decides, within a bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imagedepot.errors import InvalidAnswer, UpstreamError
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from tests.content.transfer.bench import BLOB, BODY, Bench, flip
from tests.content.upstream import ScriptedFetcher


@pytest.mark.parametrize("promised", [10_001, 9_993, 10_000 + (1 << 16)])
@pytest.mark.parametrize("total", [None, 10_000])
def test_a_blob_whose_digest_is_right_may_have_another_size_than_its_manifest_says(
    bench: Bench, promised: int, total: int | None
) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"total": total}])
    assert bench.fetch(fetcher, replace(BLOB, size=promised)) == BLOB.digest
    assert [offset for _, offset in fetcher.opened] == [0]
    assert (bench.part.bytes, bench.part.size) == (10_000, 10_000)


@pytest.mark.parametrize("left", [3000, 9_993, 9_999, 10_000])
@pytest.mark.parametrize("promised", [10_001, 9_993])
def test_what_an_earlier_process_left_of_it_is_taken_up_too(bench: Bench, left: int, promised: int) -> None:
    bench.partial.write_bytes(BODY[:left])
    assert bench.fetch(ScriptedFetcher(BODY), replace(BLOB, size=promised)) == BLOB.digest
    assert bench.holds_only_whole_blobs()


@pytest.mark.parametrize(("promised", "asked"), [(10_001, [0, 10_000]), (9_993, [0, 0])])
def test_a_wrong_blob_of_another_size_is_not_asked_for_again_and_again(
    bench: Bench, promised: int, asked: list[int]
) -> None:
    fetcher = ScriptedFetcher(BODY, script=[{"change": flip}])
    with pytest.raises(UpstreamError, match=f"the manifest promises {promised:,} bytes, the registry has 10,000$"):
        bench.fetch(fetcher, replace(BLOB, size=promised))
    assert [offset for _, offset in fetcher.opened] == asked
    assert list(bench.blobs.all()) == []


def test_a_blob_that_is_far_larger_than_its_manifest_says_is_not_taken(bench: Bench) -> None:
    fetcher = ScriptedFetcher(bytes(100_000))
    blob = Descriptor("x/y", Digest.of(bytes(100_000)), 10)
    with pytest.raises(UpstreamError, match="promises 10 bytes, the registry has 100,000"):
        bench.fetch(fetcher, blob)
    with pytest.raises(InvalidAnswer, match="more than"):
        bench.fetch(ScriptedFetcher(bytes(100_000), script=[{"total": None}]), blob)
    assert list(bench.blobs.all()) == []


def test_a_file_of_a_catalog_with_a_digest_may_have_another_size_and_one_without_may_not(bench: Bench) -> None:
    sized = RemoteFile("http://mirror.lan/rootfs.tar.xz", 10_001)
    fetcher = ScriptedFetcher(BODY)
    with pytest.raises(UpstreamError, match="promises a file of 10,001 bytes, the server has one of 10,000"):
        bench.fetch_file(fetcher, sized)
    assert len(fetcher.opened) == 2
    assert bench.fetch_file(ScriptedFetcher(BODY), replace(sized, sha256=BLOB.digest)) == BLOB.digest
