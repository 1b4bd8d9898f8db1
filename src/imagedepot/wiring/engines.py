"""The stores over a daemon. Apart, because their clients take a while to import and most hosts need none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imagedepot.files.free_space import DiskSpace
from imagedepot.model.image import ResolvedLxc, ResolvedOci
from imagedepot.stores.docker.client import EngineClient
from imagedepot.stores.docker.store import DockerEngineStore
from imagedepot.stores.lxc_images.prepare import LxcPreparer
from imagedepot.stores.lxd.client import LxdClient
from imagedepot.stores.lxd.store import LxdStore
from imagedepot.stores.shared.discovery import docker_addresses, first_present, lxc_addresses
from imagedepot.stores.shared.mirrored import MirroredCopies
from imagedepot.wiring.upstreams import CACHE

ENGINE = "engine"


def docker_engine(
    setting: str, data: Path, environment: Mapping[str, str], kept: MirroredCopies[ResolvedOci]
) -> DockerEngineStore:
    """`setting`: `engine` or an address; chosen now, and never again. Raises `InvalidSetting`."""
    address = first_present(docker_addresses(environment)) if setting == ENGINE else setting
    return DockerEngineStore(EngineClient(address, environment), data / "engine.json", kept)


def lxc_engine(setting: str, data: Path, environment: Mapping[str, str], kept: MirroredCopies[ResolvedLxc]) -> LxdStore:
    address = first_present(lxc_addresses(environment)) if setting == ENGINE else setting
    return LxdStore(LxdClient(address), LxcPreparer(data / CACHE / "prepared", DiskSpace(data)), kept)
