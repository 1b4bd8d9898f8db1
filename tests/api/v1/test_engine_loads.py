"""Images that are given to real engines beside the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import NotFound, UpstreamError
from imagedepot.model.image import ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.model.stores import SeenEngine
from imagedepot.service.archives.engine_loads import EngineLoads, LoadStatus
from tests.api.face import Face
from tests.fakes.message import Gate
from tests.ground.engines import Dockerd, Podman
from tests.ground.images import push_image, random_layer, runnable_layer, zstd_layer
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until

ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
AWAY = SeenEngine(ImageType.DOCKER, "docker", "unix:///run/absent.sock", "1")


@pytest.fixture
def depot(
    tmp_path: Path, docker_registry: DockerRegistry, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Face]:
    """With two images; the engine that the test names is found as people's tools find it."""
    engine = getattr(request, "param", "")
    if engine:
        monkeypatch.setenv("DOCKER_HOST", request.getfixturevalue(engine).address)
    url = docker_registry.url
    push_image(url, "lab/given", "1", [runnable_layer(), random_layer(300_000, 81)])
    push_image(url, "lab/zstd", "1", [zstd_layer(runnable_layer())], layer_type=ZSTD_LAYER)
    with Face(tmp_path / "data", registry_url=url, hub_url="http://127.0.0.1:9") as face:
        for name in ("given", "zstd"):
            assert face.download(f"dockerhub/docker/lab/{name}/1")["status"] == "done"
        yield face


def given(depot: Face, name: str, engine: str) -> dict[str, Any]:
    row = depot.post(f"/image/docker/lab/{name}/1/load", {"engine": engine})
    wait_until(lambda: depot.get(f"/engine-loads/{row['id']}")["status"] != "running", 120)
    return dict(depot.get(f"/engine-loads/{row['id']}"))


@pytest.mark.parametrize("depot", ["dockerd"], indirect=True)
@pytest.mark.parametrize("name", ["given", "zstd"])
def test_docker_runs_what_it_was_given(depot: Face, dockerd: Dockerd, name: str) -> None:
    row = given(depot, name, "docker")
    assert (row["status"], row["error"], row["kind"], row["address"]) == ("done", "", "docker", dockerd.address)
    assert row["done"] == row["total"] > 0
    try:
        assert dockerd("run", "--rm", "--network=none", f"lab/{name}:1", "/bin/echo", "it runs") == "it runs"
    finally:
        dockerd("rmi", f"lab/{name}:1")


@pytest.mark.parametrize("depot", ["podman"], indirect=True)
@pytest.mark.parametrize("name", ["given", "zstd"])
def test_podman_has_what_it_was_given(depot: Face, podman: Podman, name: str) -> None:
    row = given(depot, name, podman.address)
    assert (row["status"], row["kind"]) == ("done", "podman"), row
    try:
        shown = podman("image", "inspect", "--format", "{{.Id}}", f"docker.io/lab/{name}:1")
        assert depot.get(f"/image/docker/lab/{name}/1/inspect")["Id"] == f"sha256:{shown}"
    finally:
        podman("rmi", f"docker.io/lab/{name}:1")


@pytest.mark.parametrize("depot", ["dockerd"], indirect=True)
def test_what_cannot_be_given_is_said(depot: Face) -> None:
    refused = depot.call("POST", "/image/docker/lab/given/1/load", {"engine": "podman"})
    assert refused.status == 404
    assert refused.message.startswith(
        "No engine 'podman' answers on this host that is not the store itself; there is docker"
    )
    absent = depot.call("POST", "/image/docker/lab/absent/1/load", {"engine": "docker"})
    assert (absent.status, absent.message) == (404, "Image not found: lab/absent:1")
    other = depot.call("POST", "/image/docker/lab/given/1/load", {"engine": "unix:///etc/passwd"})
    assert other.status == 404
    assert depot.call("POST", "/image/lxc/lab/given/1/load", {"engine": "docker"}).status == 400
    assert depot.call("GET", "/engine-loads/absent").status == 404


def test_an_engine_that_goes_away_is_one_sentence_that_names_the_image(depot: Face) -> None:
    loads = EngineLoads(depot.services.images, lambda: [AWAY], depot.services.stores.load_into)
    load = loads.start("lab/given", "1", "docker")
    wait_until(lambda: loads.find(load.id).status is LoadStatus.FAILED)
    assert loads.find(load.id).error == "lab/given:1: The engine at unix:///run/absent.sock does not answer"
    loads.close()


def test_a_load_can_be_stopped_and_leaves_no_lease(depot: Face) -> None:
    gate = Gate()

    def slowly(_: str, archive: Iterable[bytes], __: Reference, cancellation: Cancellation) -> None:
        for _piece in archive:
            gate.pass_through()
            cancellation.check()

    loads = EngineLoads(depot.services.images, lambda: [AWAY], slowly)
    load = loads.start("lab/given", "1", "docker")
    gate.wait_reached()
    loads.cancel(load.id)
    gate.open()
    wait_until(lambda: loads.find(load.id).status is LoadStatus.CANCELLED)
    wait_until(lambda: not depot.services.blobs.leased())
    loads.close()


def test_a_hundred_that_ended_are_remembered(depot: Face) -> None:
    def refuse(*_: object) -> None:
        raise UpstreamError("it has no room")

    loads = EngineLoads(depot.services.images, lambda: [AWAY], refuse)
    first = loads.start("lab/given", "1", "docker")
    wait_until(lambda: loads.find(first.id).error == "lab/given:1: it has no room")
    for _ in range(110):
        last = loads.start("lab/given", "1", "docker")
        wait_until(lambda: loads.find(last.id).status is LoadStatus.FAILED)  # noqa: B023
    with pytest.raises(NotFound):
        loads.find(first.id)
    loads.close()


def test_a_load_that_breaks_is_told_in_the_log(depot: Face, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    loads = EngineLoads(depot.services.images, lambda: [AWAY], breaks)
    load = loads.start("lab/given", "1", "docker")
    wait_until(lambda: loads.find(load.id).status is LoadStatus.FAILED)
    assert "lab/given:1 could not be given to docker" in caplog.text
    assert "a fault of ours" in caplog.text
    loads.close()
