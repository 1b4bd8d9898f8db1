"""A storage of blobs that is away for a moment costs a download nothing but the wait."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.progress import PartProgress
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.errors import StorageUnavailable
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.digest import Digest
from tests.content.transfer.bench import BLOB, BODY
from tests.content.upstream import ScriptedFetcher
from tests.contracts.memory.blobs import MemoryBlobs, MemoryWriter

CALLS = ["has", "partial_size", "upload", "write", "commit"]


class AwayBlobs(MemoryBlobs):
    """Each call named in `fails` fails so often before it works."""

    def __init__(self, **fails: int) -> None:
        super().__init__()
        self.fails = Counter(fails)

    def may_fail(self, call: str) -> None:
        self.fails[call] -= 1
        if self.fails[call] >= 0:
            raise StorageUnavailable(f"{call}: the storage is away")

    def has(self, digest: Digest) -> bool:
        self.may_fail("has")
        return super().has(digest)

    def partial_size(self, key: str) -> int:
        self.may_fail("partial_size")
        return super().partial_size(key)

    def upload(self, key: str, expected: Digest | None, cancellation: Cancellation) -> MemoryWriter:
        self.may_fail("upload")
        return AwayWriter(self, key, expected)


class AwayWriter(MemoryWriter):
    def __init__(self, blobs: AwayBlobs, key: str, expected: Digest | None) -> None:
        super().__init__(blobs, key, expected)
        self._away = blobs

    def write(self, chunk: memoryview) -> None:
        self._away.may_fail("write")
        super().write(chunk)

    def commit(self, digest: Digest) -> None:
        self._away.may_fail("commit")
        super().commit(digest)


def fetch(blobs: AwayBlobs, folder: Path, **policy: Any) -> Digest:
    patient = RetryPolicy(first_wait=0.001, longest_wait=0.002, **policy)
    ingest = Ingest(blobs, DiskSpace(folder, 0, lambda: 1 << 40), Throttle(), patient)
    with blobs.lease() as lease:
        return ingest.fetch(ScriptedFetcher(BODY), BLOB, lease, PartProgress("x", None), Cancellation())


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_for_a_while_is_repeated(call: str, tmp_path: Path) -> None:
    blobs = AwayBlobs(**{call: 20})
    assert fetch(blobs, tmp_path) == BLOB.digest
    assert blobs.read(BLOB.digest) == BODY


@pytest.mark.parametrize("call", CALLS)
def test_a_storage_that_stays_away_is_named(call: str, tmp_path: Path) -> None:
    blobs = AwayBlobs(**{call: 1_000_000})
    with pytest.raises(StorageUnavailable, match=f"{call}: the storage is away"):
        fetch(blobs, tmp_path, lost_network=0.05)
