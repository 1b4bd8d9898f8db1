"""Buildah and umoci: what they build here is pushed, and what they build on comes through the mirror."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.needs import require, require_root

NAME = "lab/base"
LAYER = random_layer(300_000)

Run = Callable[..., str]


@pytest.fixture
def service(tmp_path: Path, faulty_registry: FaultyRegistry) -> Iterator[Service]:
    push_image(faulty_registry.upstream.url, NAME, "1", [LAYER])
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9"}
    with Service(tmp_path / "data", **settings) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, service: Service) -> Run:
    """A program, with the `registries.conf` that the service itself writes; what it prints."""
    (file,) = service.get("/mirror/config/podman")["files"]
    mine = tmp_path / ".config/containers/registries.conf.d" / Path(file["path"]).name
    mine.parent.mkdir(parents=True)
    mine.write_text(file["content"])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    environment |= {"HOME": str(tmp_path), "BUILDAH_ISOLATION": "chroot"}

    def run(*command: str) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def buildah(tmp_path: Path, run: Run) -> Iterator[Run]:
    """On storage of its own."""
    require("buildah")
    require_root("give buildah storage of its own")
    with tempfile.TemporaryDirectory(prefix="buildah-") as runroot:
        store = ["--root", f"{tmp_path}/root", "--runroot", runroot, "--storage-driver", "vfs"]
        yield lambda *arguments: run("buildah", *store, *arguments)


def test_buildah_builds_on_an_image_of_the_mirror_pushes_and_pulls_it(
    tmp_path: Path, service: Service, faulty_registry: FaultyRegistry, buildah: Run
) -> None:
    ours = f"127.0.0.1:{service.port}/team/built:1"
    added = tmp_path / "added"
    added.write_text("built here")
    container = buildah("from", f"docker.io/{NAME}:1")
    buildah("copy", container, str(added), "/added")
    buildah("commit", container, ours)
    buildah("push", ours)
    assert faulty_registry.requests.bytes_sent(BLOBS) >= len(LAYER)
    (row,) = service.get("/image/?from=local")["results"]
    assert (row["name"], row["tags"]) == ("depot.internal/team/built", ["1"])
    buildah("rm", container)
    buildah("rmi", "--all", "--force")
    faulty_registry.stop()
    again = buildah("from", ours)
    assert (Path(buildah("mount", again)) / "added").read_text() == "built here"


def test_buildah_pulls_by_digest_and_another_platform_by_registries_conf(
    faulty_registry: FaultyRegistry, buildah: Run
) -> None:
    pushed = push_index(faulty_registry.upstream.url, NAME, "both", ["linux/amd64", "linux/arm64"])
    buildah("pull", "--platform", "linux/arm64", f"docker.io/{NAME}:both")
    buildah("rmi", "--all", "--force")
    faulty_registry.stop()
    buildah("pull", "--platform", "linux/arm64", f"docker.io/{NAME}@{pushed.digest}")


def test_what_umoci_changes_is_pushed_by_skopeo_and_is_an_image_like_any_other(
    tmp_path: Path, service: Service, run: Run
) -> None:
    require("skopeo", "umoci")
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    run("skopeo", "copy", f"docker://docker.io/{NAME}:1", f"oci:{layout}:base")
    run("umoci", "unpack", "--rootless", "--image", f"{layout}:base", str(bundle))
    (bundle / "rootfs/changed").write_text("changed here")
    run("umoci", "repack", "--image", f"{layout}:changed", str(bundle))
    ours = f"docker://127.0.0.1:{service.port}/team/changed:1"
    run("skopeo", "copy", f"oci:{layout}:changed", ours)
    run("skopeo", "copy", ours, f"oci:{tmp_path / 'back'}:1")
    run("umoci", "unpack", "--rootless", "--image", f"{tmp_path / 'back'}:1", str(tmp_path / "again"))
    assert (tmp_path / "again/rootfs/changed").read_text() == "changed here"
    assert service.names() == ["depot.internal/team/changed"]
