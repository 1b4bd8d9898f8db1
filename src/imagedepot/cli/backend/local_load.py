"""`docker load` in this process: an archive's images one after the other, and images into an engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.cli.backend.local_audit import recorded
from imagedepot.cli.backend.local_download import run
from imagedepot.cli.backend.protocol import Json
from imagedepot.service.archives.engine_loads import EngineLoads, LoadStatus
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.images.engine_loads import EngineLoad
from imagedepot.wiring.cold import Cold

_LOOK_SECONDS = 0.1


def load(cold: Cold, content: Iterator[bytes], path: Path | None, name: str, platform: str) -> Iterator[Iterator[Json]]:
    """Yield the rows of each image's download. A plain tar file with a `path` is read where it lies.

    Raises `InvalidArchive`, `NoSuchPlatform`, `NotAnImage`, `StorageFailure`.
    """
    incoming, depot = cold.upstreams.incoming, cold.upstreams.archives
    mine: list[Path] = []
    try:
        with recorded(cold.settings, "image.load", name):
            if path is None:
                with incoming.begin() as received:
                    for piece in content:
                        received.write(piece)
                    path = received.keep()
                mine.append(path)
            plain = incoming.plain(path, Cancellation())
            if plain is not None:
                mine.append(plain)
            requests = depot.add(plain or path, name, platform)
        for request in requests:
            yield run(cold, request)
    finally:
        for each in mine:
            incoming.remove(each)


def load_into(cold: Cold, name: str, tag: str, engine: str) -> Iterator[Json]:
    """Begin to give an image to an engine; yield how far it is until that has ended. Raises as `EngineLoads.start`."""
    loads = EngineLoads(cold.images, cold.stores.look, cold.stores.load_into)
    started = loads.start(name, tag, engine)

    def rows() -> Iterator[Json]:
        try:
            while True:
                load = loads.find(started.id)
                yield plain(EngineLoad.of(load))
                if load.status is not LoadStatus.RUNNING:
                    return
                time.sleep(_LOOK_SECONDS)
        finally:
            loads.close()

    return rows()
