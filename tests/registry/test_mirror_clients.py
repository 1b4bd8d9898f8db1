"""Real clients pull through the mirror, again and again, also when their registry has gone."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.engines import DOCKER, Dockerd
from tests.ground.images import Pushed, push_index, random_layer
from tests.ground.needs import require, require_root

NAME = "lab/tool"


@pytest.fixture
def pushed(faulty_registry: FaultyRegistry) -> Pushed:
    return push_index(faulty_registry.upstream.url, NAME, "1", ["linux/amd64", "linux/arm64"], layer_size=500_000)


@pytest.fixture
def service(tmp_path: Path, faulty_registry: FaultyRegistry, pushed: Pushed) -> Iterator[Service]:
    with Service(
        tmp_path / "data", registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", mirror_fresh="0"
    ) as running:
        yield running


def skopeo(*arguments: str) -> None:
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_skopeo_copies_every_platform_twice_and_upstream_sends_it_once(
    tmp_path: Path, service: Service, faulty_registry: FaultyRegistry, pushed: Pushed
) -> None:
    require("skopeo")
    image = f"docker://127.0.0.1:{service.port}/{NAME}:1"
    skopeo("copy", "--all", "--src-tls-verify=false", image, f"dir:{tmp_path}/first")
    sent = faulty_registry.requests.bytes_sent(BLOBS)
    faulty_registry.stop()
    skopeo("copy", "--all", "--src-tls-verify=false", image, f"dir:{tmp_path}/second")
    assert (tmp_path / "second" / "manifest.json").read_bytes() == pushed.raw
    assert faulty_registry.requests.bytes_sent(BLOBS) == sent
    assert sent >= 2 * len(random_layer(500_000))
    by_digest = f"docker://127.0.0.1:{service.port}/docker.io/{NAME}@{pushed.digest}"
    skopeo("copy", "--src-tls-verify=false", by_digest, f"dir:{tmp_path}/third")


def test_podman_pulls_through_a_mirror_of_its_configuration(
    tmp_path: Path, service: Service, faulty_registry: FaultyRegistry
) -> None:
    require("podman")
    require_root("give podman storage of its own")
    config = tmp_path / "registries.conf"
    mirror = f"127.0.0.1:{service.port}/docker.io"
    config.write_text(
        f'[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n'
        f'[[registry.mirror]]\nlocation = "{mirror}"\ninsecure = true\n'
    )
    with tempfile.TemporaryDirectory(prefix="podman-") as runroot:  # Podman allows it 50 characters
        store = ["--root", f"{tmp_path}/root", "--runroot", runroot, "--storage-driver", "vfs"]
        command = ["podman", *store, "pull", "-q", f"docker.io/{NAME}:1"]
        environment = {**os.environ, "HOME": str(tmp_path), "CONTAINERS_REGISTRIES_CONF": str(config)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert faulty_registry.requests.count(MANIFESTS) == 2


def test_dockerd_pulls_from_its_registry_mirror_and_an_unchanged_tag_costs_one_head(
    tmp_path_factory: pytest.TempPathFactory, service: Service, faulty_registry: FaultyRegistry
) -> None:
    require("dockerd", DOCKER)
    require_root("run dockerd")
    dockerd = Dockerd(tmp_path_factory.mktemp("d"), f"--registry-mirror={service.url}")
    dockerd.start()
    try:
        dockerd("pull", f"{NAME}:1")
        faulty_registry.requests.clear()
        dockerd("pull", f"{NAME}:1")
        assert [each.method for each in faulty_registry.requests] == ["HEAD"]
        faulty_registry.stop()
        dockerd("rmi", f"{NAME}:1")
        dockerd("pull", f"{NAME}:1")
        (row,) = json.loads(dockerd("image", "inspect", f"{NAME}:1"))
        assert row["RepoTags"] == [f"{NAME}:1"]
    finally:
        dockerd.stop()
