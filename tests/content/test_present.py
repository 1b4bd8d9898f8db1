"""One blob that is here already, or whose partial file a clean-up meets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.content.gc import GarbageCollector
from imagedepot.errors import UpstreamError
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from tests.content.transfer.bench import BLOB, BODY, Bench
from tests.content.upstream import ScriptedFetcher


def test_a_size_that_is_a_lie_is_one_also_for_a_blob_that_is_here(tmp_path: Path) -> None:
    body = bytes(3 << 20)
    blob = Descriptor("application/octet-stream", Digest.of(body), len(body))
    for name in ("absent", "here"):
        bench = Bench(tmp_path / name)
        if name == "here":
            bench.fetch(ScriptedFetcher(body), blob)
        with pytest.raises(UpstreamError, match=r"the manifest promises 1 bytes, the registry has 3,145,728"):
            bench.fetch(ScriptedFetcher(body), replace(blob, size=1))
        assert bench.blobs.has(blob.digest) is (name == "here"), "what is here is right"


def test_a_blob_that_was_damaged_is_fetched_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.fetch(ScriptedFetcher(BODY))
    bench.blobs.path(BLOB.digest).write_bytes(BODY[:5000])
    assert bench.fetch(ScriptedFetcher(BODY)) == BLOB.digest
    assert bench.blobs.path(BLOB.digest).read_bytes() == BODY


def test_no_clean_up_takes_what_comes_without_a_digest(tmp_path: Path) -> None:
    """Its partial file has no digest to lease, and nobody else knows of it when a clean-up begins with its start."""
    bench = Bench(tmp_path)
    gate = threading.Event()
    file = RemoteFile("http://lab.lan/image.tar", len(BODY))
    fetcher = ScriptedFetcher(BODY, script=[{"gate": gate}])
    collector = GarbageCollector(bench.blobs, [])
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(bench.fetch_file, fetcher, file)
        while not fetcher.opened:
            assert not running.done()
        assert collector.sweep(keep_partials=()).files == 0
        gate.set()
        assert running.result(60) == BLOB.digest
    assert bench.blobs.path(BLOB.digest).read_bytes() == BODY
    assert collector.sweep(keep_partials=()).files == 1
