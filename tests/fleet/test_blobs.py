"""Blobs in a bucket hold what every backend promises, however many parts they are written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.content.backends.s3.bucket import Bucket
from imagedepot.content.backends.s3.cache import ReadCache
from imagedepot.content.backends.s3.writer import PART
from tests.contracts.blobs import BlobsContract


class TestS3Blobs(BlobsContract):
    """What every backend promises: in one part and without a cache, in several and with one."""

    @pytest.fixture(params=["one part", "many parts"])
    def blobs(self, bucket: Bucket, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[S3Blobs]:
        cache = ReadCache(tmp_path / "cache", 0 if request.param == "one part" else 10 << 20)
        blobs = S3Blobs(bucket, cache, PART if request.param == "one part" else 150_000)
        yield blobs
        blobs.close()
