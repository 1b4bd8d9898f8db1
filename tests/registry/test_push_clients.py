"""Real clients push to `/v2/`, and pull what they pushed."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.api.listening import listening
from tests.ground.engines import Dockerd, Podman
from tests.ground.images import packed_layer, push_image, push_index
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.registry.test_push import image, put

PLATFORMS = ["linux/amd64", "linux/arm64"]


@dataclass(frozen=True)
class Served:
    """A service on a real socket; `host` is what stands before the names of its images."""

    face: Face
    host: str


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Face(tmp_path / "service", **NOBODY) as face, listening(face) as port:
        yield Served(face, f"127.0.0.1:{port}")


def skopeo(*arguments: str) -> str:
    require("skopeo")
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(face: Face) -> list[str]:
    rows = face.get("/image/?from=local")["results"]
    return [f"{row['name']}:{tag}" for row in rows for tag in row["tags"]]


def test_skopeo_copies_every_platform_and_gets_the_same_back(
    served: Served, docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    pushed = push_index(docker_registry.url, "tools/app", "1", PLATFORMS, layer_size=200_000)
    origin, ours = f"docker://{docker_registry.host}/tools/app:1", f"docker://{served.host}/team/app:1"
    skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", origin, ours)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", ours)
    assert raw.encode() == pushed.raw
    skopeo("copy", "--all", "--src-tls-verify=false", ours, f"oci:{tmp_path / 'copy'}:1")
    assert listed(served.face) == ["depot.internal/team/app:1"]
    again = f"docker://{served.host}/team/other:1"
    skopeo("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", ours, again)  # by mounts
    assert listed(served.face) == ["depot.internal/team/app:1", "depot.internal/team/other:1"]


def test_skopeo_logs_in_and_deletes(served: Served, docker_registry: DockerRegistry) -> None:
    push_image(docker_registry.url, "tools/app", "1", [packed_layer({"bin/app": random.Random(1).randbytes(100_000)})])
    access = served.face.services.access
    access.add("ada", PASSWORD, Role.ADMIN)
    _, secret = access.add_token(access.owner(), "ci", [Scope.PUSH], ["team/*"], None, "ada")
    ours = f"docker://{served.host}/team/app:1"
    copy = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{docker_registry.host}/tools/app:1"]
    skopeo(*copy, "--dest-creds", f"ada:{secret}", ours)
    elsewhere = subprocess.run(
        ["skopeo", *copy, "--dest-creds", f"ada:{secret}", f"docker://{served.host}/others/app:1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert elsewhere.returncode != 0
    assert "403 (Forbidden)" in elsewhere.stderr
    assert json.loads(skopeo("list-tags", "--tls-verify=false", "--creds", f"ada:{secret}", ours[:-2]))["Tags"] == ["1"]
    skopeo("delete", "--tls-verify=false", "--creds", f"ada:{PASSWORD}", ours)
    served.face.log_in("ada", PASSWORD)
    assert listed(served.face) == []


def test_docker_pushes_and_pulls(served: Served, docker_registry: DockerRegistry, dockerd: Dockerd) -> None:
    push_image(
        docker_registry.url, "tools/docker", "1", [packed_layer({"bin/app": random.Random(1).randbytes(3_000_000)})]
    )
    served.face.services.access.add("ada", PASSWORD, Role.ADMIN)
    origin, ours = f"{docker_registry.host}/tools/docker:1", f"{served.host}/team/docker:1"
    dockerd("pull", origin)
    dockerd("tag", origin, ours)
    refused = dockerd.run("push", ours, check=False)
    assert refused.returncode != 0
    assert "Log in first" in refused.stderr or "no basic auth credentials" in refused.stderr
    dockerd("login", "-u", "ada", "-p", PASSWORD, served.host)
    try:
        dockerd("push", ours)
        digest = dockerd("image", "inspect", ours, "--format", "{{index .RepoDigests 0}}")
        dockerd("rmi", origin, ours)
        assert "sha256:" in digest
        dockerd("pull", ours)
    finally:
        dockerd.run("rmi", ours, check=False)
        dockerd("logout", served.host)
    served.face.log_in("ada", PASSWORD)
    assert listed(served.face) == ["depot.internal/team/docker:1"]


def test_podman_pushes_and_pulls(served: Served, docker_registry: DockerRegistry, podman: Podman) -> None:
    push_image(
        docker_registry.url, "tools/podman", "1", [packed_layer({"bin/app": random.Random(1).randbytes(300_000)})]
    )
    origin, ours = f"{docker_registry.host}/tools/podman:1", f"{served.host}/team/podman:1"
    podman("pull", "--tls-verify=false", origin)
    podman("push", "--tls-verify=false", origin, ours)
    podman("rmi", origin)
    podman("pull", "--tls-verify=false", ours)
    podman("rmi", ours)
    assert listed(served.face) == ["depot.internal/team/podman:1"]


def test_beside_the_images_of_an_engine_those_that_were_pushed_are_listed(tmp_path: Path, dockerd: Dockerd) -> None:
    with Face(tmp_path, docker=dockerd.address, **NOBODY) as face:
        before = listed(face)
        put(face, "1", image(face))
        assert set(listed(face)) == {*before, "depot.internal/team/app:1"}
        rows = face.get("/image/?from=local")
        assert face.get("/image/?from=local") == rows
        shown = face.get("/image/docker/depot.internal/team/app/1/inspect")
        assert shown["Architecture"] == "amd64"
        assert len(face.get("/image/docker/depot.internal/team/app/1/layers")["layers"]) == 1
        assert face.call("DELETE", "/image/local/docker/depot.internal/team/app:1").status == 200
        assert listed(face) == before
