"""Who needs files gets them from every backend, also from one that has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.local_files import local_files
from imagedepot.errors import ImageNotFound
from imagedepot.model.digest import Digest
from tests.contracts.memory.blobs import MemoryBlobs


def test_a_backend_with_files_gives_its_own(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    digest = blobs.put(b"one")
    with local_files(blobs, [digest]) as files:
        assert files == [blobs.path(digest)]
    assert blobs.path(digest).read_bytes() == b"one"


def test_a_backend_without_files_gives_copies_that_end_with_the_block() -> None:
    blobs = MemoryBlobs()
    with local_files(blobs, [blobs.put(b"one"), blobs.put(b"two")]) as files:
        assert [file.read_bytes() for file in files] == [b"one", b"two"]
    assert not any(file.exists() for file in files)


def test_a_blob_that_is_not_here_is_not_found(tmp_path: Path) -> None:
    for blobs in (BlobStore(tmp_path), MemoryBlobs()):
        with pytest.raises(ImageNotFound), local_files(blobs, [Digest.of(b"one")]):
            pass
