"""What one command needs to do its work alone: stores, depots, downloads without a queue. No database, no web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imagedepot.config import Settings
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.ingest import Ingest
from imagedepot.content.pull import Puller
from imagedepot.content.retry import RetryPolicy
from imagedepot.content.throttle import Throttle
from imagedepot.content.unfinished import Unfinished
from imagedepot.files.free_space import DiskSpace
from imagedepot.files.locks import data_dir_lock
from imagedepot.service.downloads.job import unfinished_name
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.images import Images
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.stores import Stores, open_stores
from imagedepot.wiring.upstreams import Upstreams, upstreams


@dataclass(frozen=True)
class Cold:
    """All of it is ready to be used. `settings` are those of the start, `in_force` has those of now; `stores.by_type`
    and `upstreams.depots` are what images live in and come from.
    """

    settings: Settings
    in_force: InForce
    blobs: BlobStore
    stores: Stores
    upstreams: Upstreams
    disk: DiskSpace
    throttle: Throttle
    pipeline: DownloadPipeline
    images: Images
    unfinished: Unfinished


@contextmanager
def open_cold(settings: Settings) -> Iterator[Cold]:
    """Holds the data folder until the end. Raises `DataFolderBusy`, `StorageFailure`."""
    with data_dir_lock(settings.data_dir):
        in_force = InForce(settings)
        blobs = BlobStore(settings.data_dir)
        disk = DiskSpace(settings.data_dir)
        throttle = Throttle(settings.bandwidth)
        retry_policy = RetryPolicy()
        remote = upstreams(in_force, blobs)
        with open_stores(settings, blobs) as stores:
            puller = Puller(Ingest(blobs, disk, throttle, retry_policy))
            by_type, depots = stores.by_type, remote.depots
            pipeline = DownloadPipeline(
                depots, by_type, blobs, puller, disk, retry_policy, stores.collector, in_force.platform
            )
            images = Images(by_type, depots, remote, in_force.platform, stores.references)
            unfinished = Unfinished(settings.data_dir / "unfinished")
            stores.collector.also(unfinished.digests)
            pipeline.on_success = lambda request: unfinished.forget(unfinished_name(request))
            yield Cold(settings, in_force, blobs, stores, remote, disk, throttle, pipeline, images, unfinished)
