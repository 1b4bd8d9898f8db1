"""The parts that one command needs: stores, depots, downloads without a queue. No database, no web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from imagedepot.config import Settings
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.content.unfinished import Unfinished
from imagedepot.files.free_space import DiskSpace
from imagedepot.files.locks import data_dir_lock
from imagedepot.protocols import Blobs
from imagedepot.service.images import Images
from imagedepot.wiring.blobs import open_blobs
from imagedepot.wiring.database import check_setting
from imagedepot.wiring.depots import Builders
from imagedepot.wiring.fleet import Fleet, open_fleet
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.stores.stores import Stores, open_stores
from imagedepot.wiring.upstreams import CACHE, Upstreams, no_more

if TYPE_CHECKING:
    from imagedepot.remote.watched_transport import TrafficWatch
    from imagedepot.service.downloads.pipeline import DownloadPipeline
    from imagedepot.service.icons import Icons


@dataclass(frozen=True)
class Cold:
    """All of it is ready to be used. `settings` are those of the start, `in_force` has those of now; `stores.in_use`
    and `upstreams.depots` are what images live in and come from. What only some commands need is built, and its
    modules imported, when it is first asked for: `upstreams` part by part, and the pipeline. `fleet` is None for a
    service alone.
    """

    settings: Settings
    in_force: InForce
    blobs: Blobs
    stores: Stores
    upstreams: Upstreams
    disk: DiskSpace
    throttle: Throttle
    images: Images
    unfinished: Unfinished
    build_pipeline: Callable[[], DownloadPipeline]
    build_icons: Callable[[], Icons]
    fleet: Fleet | None

    @property
    def pipeline(self) -> DownloadPipeline:
        return self.build_pipeline()

    @property
    def icons(self) -> Icons:
        """Icons with the addresses that were learned earlier; needs neither a catalog nor the HTTP client."""
        return self.build_icons()


@contextmanager
def open_cold(
    settings: Settings,
    in_force: InForce | None = None,
    traffic: TrafficWatch | None = None,
    begin_transfer: Callable[[], None] = lambda: None,
    more_depots: Callable[[Upstreams], Builders] = no_more,
) -> Iterator[Cold]:
    """Holds the data folder until the end. `in_force` is for those who change settings, `traffic` for those who watch.

    `begin_transfer` is called at the beginning of each thread that fetches blobs; `more_depots` builds further depots.

    Raises `DataFolderBusy`, `StorageFailure`, `InvalidSetting`.
    """
    with data_dir_lock(settings.data_dir), ExitStack() as stack:
        check_setting(settings)
        in_force = in_force or InForce(settings)
        disk = DiskSpace(settings.data_dir, holds_blobs=settings.blobs is None)
        disk.make_room()
        fleet = stack.enter_context(open_fleet(settings))
        blobs = stack.enter_context(open_blobs(settings, disk, fleet=fleet))
        throttle = Throttle(settings.bandwidth)
        remote = Upstreams(in_force, blobs, traffic, more_depots)
        with open_stores(settings, blobs, fleet=fleet) as stores:
            unfinished = Unfinished(settings.data_dir / "unfinished")
            stores.collector.also(unfinished.digests)

            @cache
            def build_pipeline() -> DownloadPipeline:
                return _pipeline(in_force, blobs, stores, remote, disk, throttle, unfinished, begin_transfer)

            @cache
            def build_icons() -> Icons:
                from imagedepot.service.icons import Icons

                return Icons(lambda: remote.transport, settings.data_dir / CACHE / "icons")

            images = Images(
                stores.in_use,
                remote.depots,
                remote,
                in_force.platform,
                stores.references,
                make_room=disk.make_room,
                learn_icons=lambda addresses: build_icons().learn(addresses),
            )
            yield Cold(
                settings,
                in_force,
                blobs,
                stores,
                remote,
                disk,
                throttle,
                images,
                unfinished,
                build_pipeline,
                build_icons,
                fleet,
            )


def _pipeline(
    in_force: InForce,
    blobs: Blobs,
    stores: Stores,
    remote: Upstreams,
    disk: DiskSpace,
    throttle: Throttle,
    unfinished: Unfinished,
    begin_transfer: Callable[[], None],
) -> DownloadPipeline:
    from imagedepot.content.transfer.ingest import Ingest
    from imagedepot.content.transfer.pull import Puller
    from imagedepot.content.transfer.retry import RetryPolicy
    from imagedepot.service.downloads.line.job import unfinished_name
    from imagedepot.service.downloads.pipeline import DownloadPipeline
    from imagedepot.service.downloads.work import Tools

    policy = RetryPolicy()
    puller = Puller(Ingest(blobs, disk, throttle, policy), begin=begin_transfer)
    return DownloadPipeline(
        remote.depots,
        stores.in_use,
        Tools(blobs, puller, disk, policy, in_force.platform),
        stores.collector,
        on_success=lambda request: unfinished.forget(unfinished_name(request)),
        incoming=lambda: remote.incoming,
    )
