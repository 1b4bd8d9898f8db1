"""`kill -9` at ten moments of one download: it goes on where it stopped, and nothing partial is ever shown."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.service import Service
from tests.fakes.delivery import slow
from tests.fakes.log import RequestLog
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer

MB = 1_000_000
# A gigabyte takes minutes; the same test with IMAGEDEPOT_TORTURE_MB=1000 is what a release is tried with.
SIZE = int(os.environ.get("IMAGEDEPOT_TORTURE_MB", "40")) * MB
KILLS = 10


def _sent(at: int, log: RequestLog) -> bool:
    return log.bytes_sent(BLOBS) >= at


@pytest.mark.timeout(1200)
def test_a_download_killed_ten_times_never_starts_over(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    upstream = faulty_registry.upstream.url
    image = push_image(upstream, "lab/large", "1", [random_layer(SIZE)])
    faulty_registry.inject(slow(SIZE / 6), BLOBS)
    moments = sorted(random.Random(7).sample(range(SIZE // 20, SIZE - SIZE // 20), KILLS))
    service = Service(tmp_path / "data", registry_url=faulty_registry.url)
    with service:
        service.post("/image/dockerhub/docker/lab/large/1/download")
        for moment in moments:
            faulty_registry.requests.wait_for(partial(_sent, moment), 60)
            service.kill()
            assert not [
                path for path in (tmp_path / "data/content/blobs").rglob("*") if path.stat().st_size > SIZE // 2
            ]
            service.start()
            assert "lab/large" not in service.names()
        row = service.ended(600)
        assert row["status"] == "done", row
        assert service.names() == ["lab/large"]
        assert faulty_registry.requests.bytes_sent(BLOBS) <= 1.1 * image.size
        verified = service.post("/space/verify", {"repair": False})
        assert verified["problems"] == []
        assert verified["bytes"] >= image.size
