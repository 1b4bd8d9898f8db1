"""`docker load` in this process: an archive's images one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.cli.backend.local_audit import recorded
from imagedepot.cli.backend.local_download import run
from imagedepot.cli.backend.protocol import Json
from imagedepot.wiring.cold import Cold


def load(cold: Cold, content: Iterator[bytes], path: Path | None, name: str, platform: str) -> Iterator[Iterator[Json]]:
    """Yield the rows of each image's download. A plain tar file with a `path` is read where it lies.

    Raises `InvalidArchive`, `NoSuchPlatform`, `NotAnImage`, `StorageFailure`.
    """
    incoming, depot = cold.upstreams.incoming, cold.upstreams.archives
    mine: list[Path] = []
    try:
        with recorded(cold.settings, "images.add", name):
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
