"""containerd pulls through the mirror with the `hosts.toml` that the service itself writes, and so asks with `?ns=`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS, MANIFESTS
from tests.ground.engines import Containerd
from tests.ground.images import Pushed, push_index, random_layer

NAME = "lab/contained"
LAYER = 400_000


@dataclass(frozen=True)
class Mirrored:
    """A service before Docker Hub's stand-in, and containerd that asks it for what is of `docker.io`."""

    service: Service
    hub: FaultyRegistry
    image: Pushed
    containerd: Containerd
    hosts: Path

    def fetch(self, reference: str) -> None:
        """Into the content store alone: overlay mounts are not everywhere."""
        self.containerd("content", "fetch", "--hosts-dir", str(self.hosts), "--platform", "linux/amd64", reference)

    def forget(self) -> None:
        """Every image and, before this returns, its content."""
        self.containerd("images", "rm", "--sync", *self.containerd("images", "ls", "-q").split())


@pytest.fixture
def mirrored(tmp_path: Path, faulty_registry: FaultyRegistry, containerd: Containerd) -> Iterator[Mirrored]:
    platforms = ["linux/amd64", "linux/arm64"]
    image = push_index(faulty_registry.upstream.url, NAME, "1", platforms, layer_size=LAYER)
    settings = {"registry_url": faulty_registry.url, "hub_url": "http://127.0.0.1:9", "mirror_fresh": "0"}
    other = f"registry.lan={faulty_registry.url.replace('http', 'https')}"  # in words; loopback is asked in plain http
    with Service(tmp_path / "data", **settings, upstreams=other) as service:
        hosts = write_hosts(service, tmp_path / "certs.d")
        mirrored = Mirrored(service, faulty_registry, image, containerd, hosts)
        yield mirrored
        mirrored.forget()


def write_hosts(service: Service, folder: Path) -> Path:
    for file in service.get("/mirror/config/containerd")["files"]:
        path = folder / Path(file["path"]).relative_to("/etc/containerd/certs.d")
        path.parent.mkdir(parents=True)
        path.write_text(file["content"])
    return folder


def test_ctr_pulls_by_tag_through_hosts_toml_and_every_byte_crosses_once(mirrored: Mirrored) -> None:
    by_tag = f"docker.io/{NAME}:1"
    mirrored.fetch(by_tag)
    assert str(mirrored.image.digest) in mirrored.containerd("images", "ls")
    sent = mirrored.hub.requests.bytes_sent(BLOBS)
    assert sent >= len(random_layer(LAYER))
    mirrored.forget()
    mirrored.hub.requests.clear()
    mirrored.fetch(by_tag)
    assert [each.method for each in mirrored.hub.requests] == ["HEAD"]
    (client,) = mirrored.service.get("/mirror/clients")
    assert client["agent"].startswith("containerd/")


def test_ctr_pulls_by_digest_and_nobody_is_asked_for_what_is_here(mirrored: Mirrored) -> None:
    by_digest = f"docker.io/{NAME}@{mirrored.image.digest}"
    mirrored.fetch(by_digest)
    assert mirrored.hub.requests.count(MANIFESTS) == 2  # the index, and the image of one platform
    mirrored.forget()
    mirrored.hub.requests.clear()
    mirrored.fetch(by_digest)
    assert len(mirrored.hub.requests) == 0


def test_ctr_names_the_registry_by_ns_and_gets_its_image(mirrored: Mirrored) -> None:
    host = mirrored.hub.url.removeprefix("http://")
    mirrored.fetch(f"{host}/{NAME}:1")  # containerd itself would ask this one by https, in vain
    (image,) = mirrored.service.get("/mirror/images")["results"]
    assert image["name"] == f"{host}/{NAME}"


def test_ctr_pulls_what_is_here_while_docker_hub_is_away(mirrored: Mirrored) -> None:
    by_tag = f"docker.io/{NAME}:1"
    mirrored.fetch(by_tag)
    mirrored.forget()
    mirrored.hub.stop()
    mirrored.fetch(by_tag)
    assert str(mirrored.image.digest) in mirrored.containerd("images", "ls")


def test_ctr_pulls_and_unpacks_an_image(mirrored: Mirrored) -> None:
    options = ["--hosts-dir", str(mirrored.hosts), "--snapshotter", "native", "--platform", "linux/amd64"]
    mirrored.containerd("images", "pull", *options, f"docker.io/{NAME}:1")
    assert f"docker.io/{NAME}:1" in mirrored.containerd("images", "check", "--snapshotter", "native", "-q")
