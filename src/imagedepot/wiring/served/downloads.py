"""The line of downloads: of this service alone, or of all nodes of a fleet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.errors import StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.download import Download
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.service.downloads.line.queue import Downloads
from imagedepot.service.events import Feed
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.fleet import Fleet

_HOME = "node"


def open_downloads(
    cold: Cold, database: Database, feed: Feed, ended: Callable[[Download], object], most: int | None = None
) -> DownloadQueue:
    """`ended` is called with each that ends in this process. Nothing is at work before `resume`; `most` at a time, as
    the setting says or as it is given."""
    most = cold.in_force.now.max_downloads if most is None else most
    platform = cold.in_force.platform
    if cold.fleet is None:
        return Downloads(DownloadRows(database), cold.pipeline, feed, most, platform, ended=ended)
    return _shared(cold, cold.fleet, feed, ended, most)


def _shared(cold: Cold, fleet: Fleet, feed: Feed, ended: Callable[[Download], object], most: int) -> DownloadQueue:
    # Late: a service alone needs none of it.
    from imagedepot.database.fleet.clock import LEASE_SECONDS
    from imagedepot.database.fleet.downloads import TOPIC, SharedDownloadRows
    from imagedepot.service.downloads.line.shared_queue import SharedDownloads
    from imagedepot.wiring.stores.shared_stores import some

    downloads = SharedDownloads(
        SharedDownloadRows(fleet.database),
        cold.pipeline,
        feed,
        most,
        lambda: cold.in_force.now.fleet_downloads,
        cold.in_force.platform,
        _home(cold.settings.data_dir),
        LEASE_SECONDS,
        ended=ended,
    )
    fleet.feed.on(TOPIC, lambda keys: downloads.reload(some(keys)))
    return downloads


def _home(data: Path) -> str:
    """The name of this folder among those of all nodes; archives that were sent here are in no other one."""
    import secrets

    file = data / _HOME
    try:
        if not file.exists():
            write_durably(file, secrets.token_hex(8).encode())
        return file.read_text()
    except OSError as error:
        raise StorageFailure(f"Cannot read {file}, which names this node: {error.strerror}") from error
