"""Blobs in memory keep what every backend promises."""

from __future__ import annotations

import pytest

from imagedepot.protocols import Blobs
from tests.contracts.blobs import BlobsContract
from tests.contracts.memory.blobs import MemoryBlobs


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> Blobs:
        return MemoryBlobs()
