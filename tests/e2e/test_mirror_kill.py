"""`kill -9` at ten moments of pulls through the mirror: who asks again gets it all, and no byte comes twice."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import pytest

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.fakes.delivery import slow
from tests.fakes.log import RequestLog
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import push_image, random_layer

NAME = "lab/killed"
LAYERS = [random_layer(20_000_000, seed) for seed in range(2)]
SIZE = sum(map(len, LAYERS))
KILLS = 10


@pytest.mark.timeout(600)
def test_pulls_killed_ten_times_never_start_over(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    image = push_image(faulty_registry.upstream.url, NAME, "1", LAYERS)
    faulty_registry.inject(slow(SIZE / 6), BLOBS)
    log = faulty_registry.requests
    moments = [0, *sorted(random.Random(7).sample(range(SIZE // 40, SIZE - SIZE // 40), KILLS - 1))]
    service = Service(tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9")
    with service, ThreadPoolExecutor(1) as clients:
        for moment in moments:
            asked = clients.submit(pull, service)
            log.wait_for(partial(has_sent, moment), 60)
            service.kill()
            assert isinstance(asked.exception(60), OSError | HTTPException), "this client was cut off"
            assert service.start().post("/space/verify", {"repair": False})["problems"] == []
        assert pull(service) == [image.config, *image.layers]
        assert log.count(MANIFESTS, "GET") == 1  # on a slow day the tag is looked at once more
        assert log.bytes_sent(BLOBS) <= 1.1 * image.size
        for layer in image.layers:
            first, *others = log.matching(f"*/blobs/{layer}")
            assert first.range is None
            assert all(each.range is not None and each.range > "bytes=0-" for each in others)
        verified = service.post("/space/verify", {"repair": False})
        assert verified["problems"] == []
        assert verified["bytes"] >= image.size
        (row,) = service.get("/mirror/images")["results"]
        assert (row["tag"], row["digest"]) == ("1", str(image.digest))
        faulty_registry.stop()
        assert pull(service) == [image.config, *image.layers]


def pull(service: Service) -> list[Digest]:
    """Everything beneath the tag, one after the other; the digests of what has really come."""
    manifest = json.loads(fetch(service, "manifests/1"))
    return [Digest.of(fetch(service, f"blobs/{each['digest']}")) for each in (manifest["config"], *manifest["layers"])]


def fetch(service: Service, path: str) -> bytes:
    with urlopen(f"{service.url}/v2/{NAME}/{path}", timeout=60) as answer:
        return bytes(answer.read())


def has_sent(count: int, log: RequestLog) -> bool:
    """Also when that is nothing: then a blob has been asked for."""
    return log.count(BLOBS) > 0 and log.bytes_sent(BLOBS) >= count
