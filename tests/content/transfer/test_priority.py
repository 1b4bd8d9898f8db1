"""Threads that move bytes give way, and no other thread does."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from imagedepot.content.transfer.priority import NICENESS, give_way
from tests.content.transfer.test_pull import CONTENTS, ITEMS, Bench
from tests.content.upstream import ScriptedFetcher, Stream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread has a niceness of its own on Linux alone")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


class Noting(ScriptedFetcher):
    """Notes the niceness of the threads that open blobs."""

    def __init__(self) -> None:
        super().__init__(*CONTENTS)
        self.seen: set[int] = set()

    def open(self, *arguments: object, **more: object) -> Stream:
        self.seen.add(niceness())
        return super().open(*arguments, **more)  # type: ignore[arg-type]


def test_threads_that_fetch_blobs_give_way_to_the_one_that_waits_for_them(tmp_path: Path) -> None:
    usual, fetcher = niceness(), Noting()
    bench = Bench(tmp_path, begin=give_way)
    assert bench.fetch(fetcher) == [item.digest for item in ITEMS]
    assert fetcher.seen == {min(usual + NICENESS, 19)}
    assert niceness() == usual
