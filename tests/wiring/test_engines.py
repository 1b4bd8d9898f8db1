"""The whole service over real engines: chosen by setting, given what was downloaded, waited for while they are away."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import Conflict, InvalidSetting, StoreUnavailable
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus, PartStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.wiring.services import Services, open_services
from imagedepot.wiring.stores.stores import open_stores
from tests.fakes import delivery
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.ground.engines import Dockerd, Engine, Lxd, Podman
from tests.ground.images import packed_layer, push_image, random_layer, runnable_layer
from tests.ground.needs import require
from tests.ground.waiting import wait_until


@contextmanager
def service(folder: Path, **settings: str) -> Iterator[Services]:
    """What the setting chooses; the stores that are chosen at the end are empty then."""
    flags = {"IMAGEDEPOT_DATA_DIR": str(folder), **{f"IMAGEDEPOT_{k.upper()}": v for k, v in settings.items()}}
    with open_services(load(flags, environment={"HOME": str(folder)}, files=())) as services:
        try:
            yield services
        finally:
            for status in services.stores.status():
                store = services.stores.in_use.chosen(status.type)
                for image in store.images() if status.available else ():
                    store.remove(image.name, image.tag)


def start(services: Services, name: str) -> str:
    return services.downloads.start(ImageRequest(DOCKERHUB, ImageType.DOCKER, name, "1")).id


def ended(services: Services, key: str) -> Download:
    """Its row, once it has ended well."""
    wait_until(lambda: services.downloads.get(key).ended is not None)
    row = services.downloads.get(key)
    assert row.status is DownloadStatus.DONE, row.error
    return row


def bring(services: Services, name: str) -> Download:
    return ended(services, start(services, name))


def hold(registry: FaultyRegistry, layer: bytes) -> Gate:
    """From now on this layer waits at its gate."""
    gate = Gate()
    registry.inject(delivery.hold(gate, at=1), f"*/blobs/{Digest.of(layer)}")
    return gate


def fetched(registry: FaultyRegistry, layer: bytes) -> int:
    """How often the registry was asked for this layer."""
    return registry.requests.count(f"*/blobs/{Digest.of(layer)}", "GET")


def images(services: Services) -> list[str]:
    return [f"{image.name}:{image.tag}" for image in services.images.local(ImageType.DOCKER)]


def test_a_container_starts_from_an_image_that_was_downloaded_into_docker(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    pushed = push_image(faulty_registry.upstream.url, "lab/runs", "1", [runnable_layer()])
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        bring(services, "lab/runs")
        assert dockerd("run", "--rm", "--network=none", "lab/runs:1", "/bin/echo", "it runs") == "it runs"
        inspected = services.images.inspect(ImageType.DOCKER, "lab/runs", "1")
        assert inspected["RepoDigests"] == [f"lab/runs@{pushed.digest}"]
        assert list(services.blobs.all()) == []
        again = bring(services, "lab/runs")
        assert again.bytes == 0
        assert fetched(faulty_registry, runnable_layer()) == 1


@pytest.mark.parametrize("engine", ["dockerd", "podman"])
def test_layers_that_the_engine_has_are_neither_fetched_nor_sent(
    tmp_path: Path, engine: str, faulty_registry: FaultyRegistry, request: pytest.FixtureRequest
) -> None:
    running: Engine = request.getfixturevalue(engine)
    base = random_layer(300_000, 7)
    for name in ("first", "second"):
        push_image(faulty_registry.upstream.url, f"lab/{name}", "1", [base, packed_layer({name: b"own"})])
    with service(tmp_path, docker=running.address, registry_url=faulty_registry.url) as services:
        bring(services, "lab/first")
        second = bring(services, "lab/second")
        assert images(services) == ["lab/first:1", "lab/second:1"]
        assert fetched(faulty_registry, base) == 1
        shared = [part for part in second.parts if part.status is PartStatus.SHARED]
        assert [part.size for part in shared] == [len(base)]


def test_a_base_that_leaves_the_engine_during_a_download_is_fetched_after_all(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    base, own = random_layer(50_000, 17), packed_layer({"left": b"own"})
    push_image(faulty_registry.upstream.url, "lab/first", "1", [base])
    push_image(faulty_registry.upstream.url, "lab/second", "1", [base, own])
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        bring(services, "lab/first")
        gate = hold(faulty_registry, own)
        key = start(services, "lab/second")
        gate.wait_reached()
        dockerd("rmi", "lab/first:1")
        gate.open()
        ended(services, key)
        assert images(services) == ["lab/second:1"]
        assert fetched(faulty_registry, base) == 2


def test_an_engine_that_restarts_during_a_download_is_waited_for(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    layers = [random_layer(50_000, 18), packed_layer({"late": b"own"})]
    push_image(faulty_registry.upstream.url, "lab/app", "1", layers)
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        wait_until(lambda: images(services) == [])
        gate = hold(faulty_registry, layers[1])
        key = start(services, "lab/app")
        gate.wait_reached()
        dockerd.stop()
        try:
            gate.open()
            wait_until(lambda: services.downloads.get(key).status is DownloadStatus.WAITING)
        finally:
            dockerd.start()
        ended(services, key)
        assert [fetched(faulty_registry, layer) for layer in layers] == [1, 1]
        assert images(services) == ["lab/app:1"]


def test_a_cancelled_download_leaves_nothing_in_the_engine(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    layers = [random_layer(50_000, 19), packed_layer({"never": b"own"})]
    push_image(faulty_registry.upstream.url, "lab/app", "1", layers)
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        before = dockerd("images", "--all", "--quiet")
        gate = hold(faulty_registry, layers[1])
        key = start(services, "lab/app")
        gate.wait_reached()
        services.downloads.remove(key)
        wait_until(
            lambda: not [each for each in threading.enumerate() if each.name in ("early-install", f"download-{key}")]
        )
        gate.open()
        assert dockerd("images", "--all", "--quiet") == before


def test_kept_blobs_serve_the_next_image_and_go_with_theirs(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    require("skopeo")
    base = random_layer(200_000, 8)
    for name in ("first", "second"):
        push_image(faulty_registry.upstream.url, f"lab/{name}", "1", [base, packed_layer({name: b"own"})])
    settings = {"docker": dockerd.address, "registry_url": faulty_registry.url, "keep_blobs": "yes"}
    with service(tmp_path, **settings) as services:
        bring(services, "lab/first")
        layout = f"oci:{tmp_path / 'content'}:docker.io/lab/first:1"
        subprocess.run(["skopeo", "inspect", layout], check=True, capture_output=True)
        usage = services.space.usage()
        assert usage.used > len(base)
        assert [(use.image.title, use.own > len(base)) for use in usage.images] == [("lab/first:1", True)]
        dockerd("image", "prune", "--force")
        bring(services, "lab/second")
        assert fetched(faulty_registry, base) == 1
        services.images.remove(ImageType.DOCKER, "lab/first", None)
        dockerd("rmi", "lab/second:1")
        wait_until(lambda: not list(services.blobs.all()))
        assert services.stores.embedded_oci.images() == ()


def test_a_copy_that_is_kept_is_whole_where_the_engine_had_the_base(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    base = random_layer(200_000, 9)
    for name in ("first", "second"):
        push_image(faulty_registry.upstream.url, f"lab/{name}", "1", [base, packed_layer({name: b"own"})])
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        bring(services, "lab/first")
        services.changes.put("IMAGEDEPOT_KEEP_BLOBS", "yes")
        bring(services, "lab/second")
        assert [image.name for image in services.stores.embedded_oci.images()] == ["lab/second"]
        assert services.repair.verify(repair=False).problems == ()


def test_images_from_a_time_without_an_engine_stay_when_one_is_used(
    tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(3000)])
    flags = {"IMAGEDEPOT_DATA_DIR": str(tmp_path), "IMAGEDEPOT_REGISTRY_URL": faulty_registry.url}
    with open_services(load(flags, environment={"HOME": str(tmp_path)}, files=())) as services:
        bring(services, "lab/app")
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url, keep_blobs="yes") as services:
        assert images(services) == ["lab/app:1"]
        bring(services, "lab/app")
        assert images(services) == ["lab/app:1", "lab/app:1"]
        services.images.remove(ImageType.DOCKER, "lab/app", None)
        assert images(services) == ["lab/app:1"]
    with open_services(load(flags, environment={"HOME": str(tmp_path)}, files=())) as services:
        assert images(services) == ["lab/app:1"]


def test_an_image_in_use_is_not_removed(tmp_path: Path, dockerd: Dockerd, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/used", "1", [runnable_layer()])
    with service(tmp_path, docker=dockerd.address, registry_url=faulty_registry.url) as services:
        bring(services, "lab/used")
        container = dockerd("create", "--network=none", "lab/used:1", "/bin/sh")
        with pytest.raises(Conflict, match=f"container {container[:12]} is using"):
            services.images.remove(ImageType.DOCKER, "lab/used", None)
        dockerd("rm", container)


def test_an_engine_that_is_away_takes_only_its_own_type_along(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    address = f"unix://{tmp_path}/docker.sock"
    with service(tmp_path / "data", docker=address) as services:
        with pytest.raises(StoreUnavailable, match=f"The engine at {address} does not answer"):
            services.images.local(ImageType.DOCKER)
        assert services.images.local(ImageType.LXC) == ()
        assert services.images.at_hand(ImageType.DOCKER) is None
        assert services.images.at_hand(ImageType.LXC) == ()
        docker, lxc = services.stores.status()
        assert (docker.kind, docker.address, docker.available) == ("docker", address, False)
        assert docker.reason == f"The engine at {address} does not answer"
        assert (lxc.kind, lxc.address, lxc.available, lxc.reason) == ("embedded", None, True, None)
        wait_until(lambda: f"docker images live in the engine at {address}, which is away" in caplog.text)


def test_the_tags_of_an_upstream_can_be_looked_at_while_the_engine_is_away(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/looked", "1", [runnable_layer()])
    address = f"unix://{tmp_path}/docker.sock"
    with service(tmp_path / "data", docker=address, registry_url=faulty_registry.url) as services:
        tags = services.images.tags("lab/looked")
        assert (tags.tags, tags.installed) == (("1",), ())


def test_the_stores_in_use_and_the_engines_that_are_not_are_reported(
    tmp_path: Path, dockerd: Dockerd, podman: Podman, lxd: Lxd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run = tmp_path / "run"
    (run / "podman").mkdir(parents=True)
    (run / "docker.sock").symlink_to(dockerd.socket)
    (run / "podman" / "podman.sock").symlink_to(podman.socket)
    environment = {"XDG_RUNTIME_DIR": str(run), "LXD_DIR": str(lxd.folder)}
    settings = load({"IMAGEDEPOT_DATA_DIR": str(tmp_path), "IMAGEDEPOT_LXC": "engine"}, environment={}, files=())
    with open_stores(settings, BlobStore(tmp_path), environment) as stores:
        stores.tell()
        wait_until(lambda: len(stores.seen()) == 2 and stores.status()[1].available)
        docker, lxc = stores.status()
        assert (docker.kind, lxc.kind, lxc.address, lxc.available) == ("embedded", "lxd", lxd.address, True)
        assert lxc.version
        assert [(engine.type, engine.kind, engine.address) for engine in stores.seen()] == [
            (ImageType.DOCKER, "docker", f"unix://{run}/docker.sock"),
            (ImageType.DOCKER, "podman", f"unix://{run}/podman/podman.sock"),
        ]
    assert "docker images live in Image Depot's own store" in caplog.text
    assert f"lxc images live in LXD {lxc.version} at {lxd.address}" in caplog.text
    assert f"answers at unix://{run}/docker.sock and is not used" in caplog.text


@pytest.mark.parametrize(("present", "kind"), [("docker.sock", "docker"), ("podman/podman.sock", "podman")])
def test_engine_means_the_first_well_known_socket_that_is_there(
    tmp_path: Path, present: str, kind: str, dockerd: Dockerd, podman: Podman
) -> None:
    run = tmp_path / "run"
    (run / "podman").mkdir(parents=True)
    (run / present).symlink_to(dockerd.socket if kind == "docker" else podman.socket)
    settings = load({"IMAGEDEPOT_DATA_DIR": str(tmp_path), "IMAGEDEPOT_DOCKER": "engine"}, environment={}, files=())
    with open_stores(settings, BlobStore(tmp_path), {"XDG_RUNTIME_DIR": str(run)}) as stores:
        wait_until(lambda: stores.status()[0].available)
        status = stores.status()[0]
        assert (status.kind, status.address, status.available) == (kind, f"unix://{run}/{present}", True)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"DOCKER_HOST": "ssh://nas"}, "DOCKER_HOST names ssh://nas, which is no unix:// or tcp:// address"),
        (
            {"DOCKER_HOST": "tcp://nas:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nowhere"},
            "DOCKER_CERT_PATH",
        ),
    ],
)
def test_an_engine_that_cannot_be_meant_is_refused_at_start(
    tmp_path: Path, environment: dict[str, str], reason: str
) -> None:
    settings = load({"IMAGEDEPOT_DATA_DIR": str(tmp_path), "IMAGEDEPOT_DOCKER": "engine"}, environment={}, files=())
    with pytest.raises(InvalidSetting, match=reason), open_stores(settings, BlobStore(tmp_path), environment):
        pass
