"""The ground as fixtures: real servers, started when the first test asks for them and stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.ground.engines import DOCKER, Containerd, Dockerd, Engine, Lxd, Podman
from tests.ground.needs import require, require_root
from tests.ground.postgres import Cluster
from tests.ground.registry import DockerRegistry

E = TypeVar("E", bound=Engine)


@pytest.fixture(scope="session")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    require("docker-registry")
    registry = DockerRegistry(tmp_path_factory.mktemp("registry")).start()
    yield registry
    registry.stop()


@pytest.fixture(scope="module")
def docker_registry(_registry: DockerRegistry) -> DockerRegistry:
    """A real registry over http, open to all; `url`, `host`. Each file of tests finds it empty."""
    _registry.empty()
    return _registry


@pytest.fixture(scope="session")
def _dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    require("dockerd", DOCKER)
    require_root("run dockerd")
    yield from _running(Dockerd, tmp_path_factory.mktemp("dockerd"))


@pytest.fixture(scope="module")
def dockerd(_dockerd: Dockerd) -> Dockerd:
    """Docker Engine, which may pull from `docker_registry` as from every one on loopback. Each file of tests finds it
    empty."""
    _dockerd.empty()
    return _dockerd


@pytest.fixture(scope="session")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    require("containerd", "ctr")
    require_root("run containerd")
    yield from _running(Containerd, tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="session")
def _podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    require("podman")
    require_root("give podman storage of its own")
    yield from _running(Podman, tmp_path_factory.mktemp("podman"))


@pytest.fixture(scope="module")
def podman(_podman: Podman) -> Podman:
    """Each file of tests finds it empty."""
    _podman.empty()
    return _podman


@pytest.fixture(scope="session")
def lxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lxd]:
    require("lxd", "lxc")
    require_root("run lxd")
    folder = tmp_path_factory.mktemp("l") / "lxd"
    folder.mkdir()
    yield from _running(Lxd, folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL, in which each test makes a database of its own."""
    with Cluster.running() as running:
        yield running


def _running(make: Callable[[Path], E], folder: Path) -> Iterator[E]:
    engine = make(folder)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
