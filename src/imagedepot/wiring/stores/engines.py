"""The stores over a daemon. Apart, because their clients take a while to import and most hosts need none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imagedepot.files.free_space import DiskSpace
from imagedepot.stores.docker.client import EngineClient
from imagedepot.stores.docker.store import DockerEngineStore
from imagedepot.stores.lxc_images.prepare import LxcPreparer
from imagedepot.stores.lxd.client import LxdClient
from imagedepot.stores.lxd.store import LxdStore
from imagedepot.wiring.upstreams import CACHE


def docker_engine(address: str, data: Path, environment: Mapping[str, str]) -> DockerEngineStore:
    """Raises `InvalidSetting`."""
    return DockerEngineStore(EngineClient(address, environment), data / "engine.json")


def lxc_engine(address: str, data: Path, _: Mapping[str, str]) -> LxdStore:
    return LxdStore(LxdClient(address), LxcPreparer(data / CACHE / "prepared", DiskSpace(data)))
