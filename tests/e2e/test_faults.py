"""What upstreams, disks and people do wrong ends in one clear sentence and an unharmed store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.service import Service
from tests.fakes.delivery import (
    clean_short,
    drop_after,
    flipped_byte,
    ignored_range,
    partial_as_200,
    refused_range,
    too_long,
    wrong_content_range,
)
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS, Fault
from tests.fakes.statuses import too_many_requests
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

SIZE = 400_000


@pytest.fixture(scope="module")
def registry(docker_registry: DockerRegistry) -> Iterator[FaultyRegistry]:
    push_image(docker_registry.url, "lab/app", "1", [random_layer(SIZE)])
    with FaultyRegistry(docker_registry.url) as registry:
        yield registry


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, registry: FaultyRegistry) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("faults") / "data", registry_url=registry.url) as service:
        yield service


@pytest.fixture
def faulty_registry(registry: FaultyRegistry) -> Iterator[FaultyRegistry]:
    yield registry
    registry.rules.clear()


@pytest.fixture
def service(running: Service, faulty_registry: FaultyRegistry) -> Iterator[Service]:
    """The same one for all: each fault meets a service that has met the others, and an empty store."""
    yield running
    faulty_registry.rules.clear()
    for row in running.get("/downloads"):
        running.call("DELETE", f"/downloads/{row['id']}")
    for name in running.names():
        running.call("DELETE", f"/image/local/docker/{name}")
    running.post("/space/cleanup")


def unharmed(service: Service) -> None:
    assert service.post("/space/verify", {"repair": False})["problems"] == []
    assert "Traceback" not in service.log.read_text()


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (flipped_byte(SIZE // 2), 1),
        (clean_short(SIZE // 2), 1),
        (drop_after(SIZE // 3), 2),
        (too_long(100), 1),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_a_passing_fault_is_recovered_from(
    service: Service, faulty_registry: FaultyRegistry, fault: Fault, times: int
) -> None:
    faulty_registry.inject(fault, BLOBS, times=times)
    row = service.download("lab/app", "1")
    assert row["status"] == "done", row
    unharmed(service)


@pytest.mark.parametrize(
    "fault",
    [ignored_range(), partial_as_200(), refused_range(), wrong_content_range()],
    ids=lambda fault: fault.name,
)
def test_a_bad_answer_to_a_range_costs_a_new_start_at_worst(
    service: Service, faulty_registry: FaultyRegistry, fault: Fault
) -> None:
    faulty_registry.inject(drop_after(SIZE // 2), BLOBS, times=1)
    faulty_registry.inject(fault, BLOBS)
    row = service.download("lab/app", "1")
    assert row["status"] == "done", row
    unharmed(service)


def test_a_blob_that_stays_corrupt_fails_in_a_sentence(service: Service, faulty_registry: FaultyRegistry) -> None:
    faulty_registry.inject(flipped_byte(10), BLOBS)
    row = service.download("lab/app", "1")
    assert row["status"] == "failed"
    assert "lab/app:1" in row["error"]
    assert "digest" in row["error"]
    assert service.names() == []
    unharmed(service)


def test_a_rate_limit_ends_the_download_at_once_and_says_so(service: Service, faulty_registry: FaultyRegistry) -> None:
    faulty_registry.inject(too_many_requests("3600"), MANIFESTS)
    row = service.download("lab/app", "1")
    assert row["status"] == "failed"
    assert "rate limit" in row["error"].lower()
    assert "lab/app:1" in row["error"]


@pytest.mark.parametrize("name", ["../../etc", "..%2F..%2Fetc", "a//b", "lab/UPPER", "%00", "a%0Ab"])
def test_a_name_that_is_no_name_is_refused(service: Service, name: str) -> None:
    status, answer = service.call("POST", f"/image/dockerhub/docker/{name}/latest/download")
    assert status in (400, 404), answer
    assert answer["error"]["code"] == status
    assert answer["error"]["message"]
    assert service.get("/downloads") == []


def test_a_wrong_image_is_an_error_on_the_command_line_too(service: Service) -> None:
    done = service.command("pull", "lab/absent:1", check=False)
    assert done.returncode == 3
    assert "lab/absent:1" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "Traceback" not in service.log.read_text()
