"""How cost grows, counted at the registry: no blob twice, no manifest twice, nothing for what is already here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagedepot.database.stored import DATABASE
from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.images import push_image, push_index, random_layer


@pytest.fixture
def service(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Service]:
    with Service(tmp_path / "data", registry_url=faulty_registry.url, max_downloads="10") as running:
        yield running


def test_a_fresh_pull_asks_for_each_thing_once(service: Service, faulty_registry: FaultyRegistry) -> None:
    image = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(5000), random_layer(6000)])
    row = service.download("lab/app", "1")
    assert row["status"] == "done", row
    log = faulty_registry.requests
    assert log.count(MANIFESTS, "HEAD") == 1, log
    assert log.count(MANIFESTS, "GET") == 1, log
    assert log.count(BLOBS) == log.count(BLOBS, "GET") == 3, log
    assert log.bytes_sent(BLOBS) == image.size


def test_an_index_costs_one_manifest_more(service: Service, faulty_registry: FaultyRegistry) -> None:
    push_index(faulty_registry.upstream.url, "lab/multi", "1", ["linux/amd64", "linux/arm64"])
    assert service.download("lab/multi", "1")["status"] == "done"
    log = faulty_registry.requests
    assert (log.count(MANIFESTS, "HEAD"), log.count(MANIFESTS, "GET")) == (1, 2), log


def test_an_unchanged_tag_is_one_head_and_no_write(service: Service, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(5000)])
    service.download("lab/app", "1")
    before = _changed(service)
    faulty_registry.requests.clear()
    row = service.download("lab/app", "1")
    assert row["status"] == "done", row
    log = faulty_registry.requests
    assert [(each.method, each.path) for each in log] == [("HEAD", "/v2/lab/app/manifests/1")], log
    assert _changed(service) == before


def _changed(service: Service) -> dict[Path, int]:
    """Every file and folder with its time of change, but for the database, where the download has its row."""
    found = [path for path in service.data.rglob("*") if not path.name.startswith(DATABASE)]
    return {path: path.stat().st_mtime_ns for path in found}


def test_ten_images_on_one_base_fetch_the_base_once(service: Service, faulty_registry: FaultyRegistry) -> None:
    base = random_layer(3_000_000)
    names = [f"lab/family-{number}" for number in range(10)]
    for name in names:
        push_image(faulty_registry.upstream.url, name, "1", [base, random_layer(5000)])
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda name: service.post(f"/image/dockerhub/docker/{name}/1/download"), names))
    service.ended()
    assert {row["status"] for row in service.get("/downloads")} == {"done"}
    assert sorted(service.names()) == names
    fetches = [each for each in faulty_registry.requests.matching(BLOBS) if each.sent > 1_000_000]
    assert len(fetches) == 1, faulty_registry.requests


def test_the_same_image_asked_for_twice_is_one_download(service: Service, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(5_000_000)])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: service.post("/image/dockerhub/docker/lab/app/1/download"), range(8)))
    service.ended()
    sent = faulty_registry.requests.bytes_sent(BLOBS)
    assert sent < 6_000_000, faulty_registry.requests
