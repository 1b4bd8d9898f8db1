"""The stores that the settings choose: one for docker, one for lxc, and nothing changes it but the setting."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from imagedepot.config import Settings
from imagedepot.content.blobs import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.layout import Layout
from imagedepot.content.space import DiskSpace
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType
from imagedepot.protocols import Store
from imagedepot.stores.embedded_lxc import EmbeddedLxcStore
from imagedepot.stores.embedded_oci import EmbeddedOciStore


@runtime_checkable
class Followed(Protocol):
    """A store over a daemon, whose changes it follows between `start` and `close`."""

    def start(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Stores:
    """`by_type` is what images are installed in; the embedded ones are there in any case."""

    by_type: Mapping[ImageType, Store]
    embedded_oci: EmbeddedOciStore
    embedded_lxc: EmbeddedLxcStore
    collector: GarbageCollector

    def references(self) -> Mapping[Digest, Sequence[str]]:
        """For each blob of our own stores, the images that need it."""
        found = {digest: list(users) for digest, users in self.embedded_oci.references().items()}
        for digest, users in self.embedded_lxc.references().items():
            found.setdefault(digest, []).extend(users)
        return found


@contextmanager
def open_stores(settings: Settings, blobs: BlobStore) -> Iterator[Stores]:
    embedded = EmbeddedOciStore(blobs, Layout(blobs.layout))
    embedded_lxc = EmbeddedLxcStore(blobs, settings.data_dir / "lxc", DiskSpace(settings.data_dir))
    collector = GarbageCollector(blobs, [embedded.roots, embedded_lxc.roots])
    embedded.collect = embedded_lxc.collect = collector
    docker = _docker(settings, embedded)
    by_type: dict[ImageType, Store] = {ImageType.DOCKER: docker, ImageType.LXC: embedded_lxc}
    followed = [store for store in by_type.values() if isinstance(store, Followed)]
    for store in followed:
        store.start()
    try:
        yield Stores(by_type, embedded, embedded_lxc, collector)
    finally:
        embedded_lxc.close()
        for store in followed:
            store.close()


def _docker(settings: Settings, embedded: EmbeddedOciStore) -> Store:
    if settings.docker == "embedded":
        return embedded
    # Late: the engine's SDK takes 100 ms to import.
    from imagedepot.stores.docker_engine import DockerEngineStore
    from imagedepot.stores.engine_client import EngineClient
    from imagedepot.stores.well_known import docker_addresses, first_present

    address = first_present(docker_addresses(os.environ)) if settings.docker == "engine" else settings.docker
    return DockerEngineStore(EngineClient(address), settings.data_dir / "engine.json")
