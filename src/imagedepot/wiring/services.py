"""The parts of the running service, built upon those of one command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from imagedepot.config import Settings
from imagedepot.content.transfer.priority import give_way
from imagedepot.database.rows.audit import AuditRows
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.rows.signing_keys import SigningKeys
from imagedepot.model.download import Download
from imagedepot.model.image import ImageType
from imagedepot.model.notices.happening import Happening
from imagedepot.service.access.access import Access
from imagedepot.service.access.login_throttle import LoginThrottle
from imagedepot.service.access.openid import OpenIdSignIn
from imagedepot.service.access.proxy_sign_in import ProxySignIn
from imagedepot.service.access.registry_tokens import RegistryTokens
from imagedepot.service.access.setup import Setup
from imagedepot.service.archives.engine_loads import EngineLoads
from imagedepot.service.archives.loading import Loading
from imagedepot.service.audit.trail import AuditTrail
from imagedepot.service.catalogs import SETTING as CATALOGS
from imagedepot.service.catalogs import CatalogService
from imagedepot.service.client_requests import ClientRequests
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.installed import InstalledImages
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.distribution.pushed import Mounts, PushedImages
from imagedepot.service.distribution.repositories import Repositories
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.service.downloads.line.queue import Downloads
from imagedepot.service.events import Feed
from imagedepot.service.happenings import Happenings, download_ended, faults_found, low_disk
from imagedepot.service.low_disk import DiskWatch
from imagedepot.service.monitoring.readiness import Readiness
from imagedepot.service.monitoring.traffic import Traffic
from imagedepot.service.notifications.channels import Notifications
from imagedepot.service.repair import Repair
from imagedepot.service.settings import SettingsService
from imagedepot.service.space import SpaceService
from imagedepot.service.stores.bringing import ByQueue, Inline
from imagedepot.service.stores.switching import Switching
from imagedepot.service.stores.work import StoreWork
from imagedepot.service.updates.updates import Updates
from imagedepot.wiring.cold import Cold, open_cold
from imagedepot.wiring.depots import Builders
from imagedepot.wiring.fleet import open_rows
from imagedepot.wiring.icons import teach_icons
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.repair import open_repair
from imagedepot.wiring.served.access import open_access, open_proxy_sign_in
from imagedepot.wiring.served.downloads import open_downloads
from imagedepot.wiring.served.mirror import open_mirror
from imagedepot.wiring.served.monitoring import UpstreamNames, open_readiness
from imagedepot.wiring.served.nodes import follow
from imagedepot.wiring.served.notifications import open_notifications
from imagedepot.wiring.served.openid import open_openid
from imagedepot.wiring.served.pushes import Pushing, open_pushes
from imagedepot.wiring.served.space import open_space
from imagedepot.wiring.served.updates import open_updates
from imagedepot.wiring.upstreams import Upstreams, no_more


@dataclass(frozen=True)
class Services(Cold):
    """`Cold`, and what outlives one command."""

    access: Access
    setup: Setup
    openid: OpenIdSignIn
    proxy_sign_in: ProxySignIn
    downloads: DownloadQueue
    loading: Loading
    engine_loads: EngineLoads
    feed: Feed
    happenings: Happenings
    notifications: Notifications
    space: SpaceService
    repair: Repair
    changes: SettingsService[Settings]
    switching: Switching
    catalogs: CatalogService
    repositories: Repositories
    content: Content
    mirror: Mirror
    client_requests: ClientRequests
    pushing: Pushing
    mounts: Mounts
    registry_tokens: RegistryTokens
    traffic: Traffic
    readiness: Readiness
    updates: Updates
    audit: AuditTrail


@contextmanager
def open_services(settings: Settings, more_depots: Callable[[Upstreams], Builders] = no_more) -> Iterator[Services]:
    """Unfinished downloads go on at once; at the end they stop, to be resumed at the next start.

    `settings` are complete, with what was changed at run time; `more_depots` are beside those of every service.

    Raises `DataFolderBusy`, `StorageFailure`.
    """
    with ExitStack() as stack:
        in_force = InForce(settings)
        traffic = Traffic(UpstreamNames(in_force).find)
        cold = stack.enter_context(open_cold(settings, in_force, traffic, give_way, more_depots))
        cold.upstreams.build_all()
        fleet = cold.fleet
        database = stack.enter_context(open_rows(settings, cold.disk, fleet))
        happenings = Happenings()
        notifications = open_notifications(database, cold)
        stack.callback(notifications.close)
        stack.enter_context(happenings.subscribed(notifications.tell))
        if fleet is None:
            notifications.start()
        access = open_access(database, happenings)
        audit = AuditTrail(AuditRows(database), lambda: in_force.now.audit_days)
        audit.start()
        stack.callback(audit.close)
        feed = Feed()
        stack.callback(feed.close)

        moves = ByQueue()

        def ended(download: Download) -> None:
            loading.ended(download)
            if download.request.moved_from:  # nothing new has come
                moves.ended()
                return
            _publish(happenings, download_ended(download))
            updates.noticed(download)

        downloads = open_downloads(cold, database, feed, ended)
        moves.downloads = downloads
        loading = Loading(cold.upstreams.incoming, cold.upstreams.archives, downloads.start)
        engine_loads = EngineLoads(cold.images, cold.stores.look, cold.stores.load_into)
        stack.callback(engine_loads.close)
        pushing = open_pushes(database, cold)
        stack.callback(pushing.close)
        pushing.pushes.reconcile()
        space = open_space(
            cold,
            lambda: {*downloads.partial_keys(), *pushing.uploads.keys()},
            lambda: mirror.space.used(),
        )
        pushed = PushedImages(pushing.repositories, pushing.pushes)
        installed = InstalledImages(cold.stores.embedded_oci, cold.blobs)
        needed = [downloads.needed, pushing.repositories.roots]
        mirror = open_mirror(cold, database, needed, feed.mirror)
        stack.callback(mirror.close)
        content = Content(cold.blobs, [pushed, installed], mirror)
        repositories = Repositories(settings.upstreams, pushing.repositories.owns, content.has_repository)
        by_name = effects(cold, downloads, repositories, mirror, audit)

        def apply(name: str, now: Settings) -> None:
            cold.in_force.replace(now)
            if name in by_name:  # others count from the next start on
                by_name[name](now)

        def check(name: str, now: Settings) -> None:
            if name in ("IMAGEDEPOT_DOCKER", "IMAGEDEPOT_LXC"):  # one that means nothing would keep us from starting
                cold.stores.place_of(ImageType.DOCKER, now.docker)
                cold.stores.place_of(ImageType.LXC, now.lxc)

        changes = SettingsService(SettingRows(database), settings, apply, check)
        stores = cold.stores
        bring = moves if fleet is None else Inline(lambda: cold.pipeline)
        store_work = StoreWork(stores.in_use, stores.memory, bring, stores.let_go, stores.leave, moves.stop)
        stack.callback(store_work.close)
        switching = Switching(stores, store_work, changes.put)
        catalogs = CatalogService(cold.upstreams.catalogs, lambda text: changes.put(CATALOGS, text))
        stack.callback(catalogs.close)
        catalogs.start()
        teach_icons(cold)
        stack.enter_context(cold.stores.in_use.watch(feed.images))
        cold.stores.collector.also(downloads.needed)
        cold.stores.tell()
        leads = fleet.leads("updates") if fleet is not None else lambda: True
        updates = open_updates(cold, database, happenings, downloads.start, leads)
        if fleet is not None:
            follow(fleet, access, changes, pushing, mirror.cache, updates, notifications)
            stack.callback(fleet.listening.close)
            fleet.listening.start()
        loading.go_on([each for each, _ in DownloadRows(database).all() if each.ended is None])
        downloads.resume()
        store_work.go_on()
        stack.callback(downloads.close)
        updates.start()
        stack.callback(updates.close)
        disk_watch = DiskWatch(
            cold.disk.now,
            lambda: cold.in_force.now.low_disk,
            lambda free, limit: happenings.publish(low_disk(free, limit)),
        )
        stack.callback(disk_watch.close)
        disk_watch.start()
        yield Services(
            **{name: getattr(cold, name) for name in Cold.__dataclass_fields__},
            access=access,
            proxy_sign_in=open_proxy_sign_in(access, settings),
            openid=open_openid(access, cold, settings, SigningKeys(database).get("openid") if fleet else None),
            setup=Setup(access, LoginThrottle(), not settings.listen.is_loopback),
            downloads=downloads,
            loading=loading,
            engine_loads=engine_loads,
            feed=feed,
            happenings=happenings,
            notifications=notifications,
            space=space,
            repair=open_repair(cold, lambda problems: happenings.publish(faults_found(problems))),
            changes=changes,
            switching=switching,
            catalogs=catalogs,
            repositories=repositories,
            content=content,
            mirror=mirror,
            client_requests=ClientRequests(),
            pushing=pushing,
            mounts=Mounts(pushing.repositories, content, cold.blobs),
            registry_tokens=RegistryTokens(access, SigningKeys(database).get("registry")),
            traffic=traffic,
            readiness=open_readiness(cold),
            updates=updates,
            audit=audit,
        )


def _publish(happenings: Happenings, happening: Happening | None) -> None:
    if happening is not None:
        happenings.publish(happening)


def _choose(cold: Cold, downloads: DownloadQueue, type_: ImageType, setting: str) -> None:
    before = cold.stores.in_use.chosen(type_)
    cold.stores.choose(type_, setting)
    if cold.stores.in_use.chosen(type_) is not before and isinstance(downloads, Downloads):
        downloads.begin_again(type_)


def effects(
    cold: Cold, downloads: DownloadQueue, repositories: Repositories, mirror: Mirror, audit: AuditTrail
) -> Mapping[str, Callable[[Settings], object]]:
    """How a change of each run-time setting takes force at once, by the setting's name."""
    return {
        "IMAGEDEPOT_DOCKER": lambda now: _choose(cold, downloads, ImageType.DOCKER, now.docker),
        "IMAGEDEPOT_LXC": lambda now: _choose(cold, downloads, ImageType.LXC, now.lxc),
        "IMAGEDEPOT_BANDWIDTH": lambda now: cold.throttle.set_rate(now.bandwidth),
        "IMAGEDEPOT_MAX_DOWNLOADS": lambda now: downloads.set_limit(now.max_downloads),
        "IMAGEDEPOT_FLEET_DOWNLOADS": lambda _: None,  # read from `in_force` by each claim
        "IMAGEDEPOT_KEEP_BLOBS": lambda now: cold.stores.keep(now.keep_blobs),
        "IMAGEDEPOT_LOG_LEVEL": lambda now: logging.getLogger("imagedepot").setLevel(now.log_level.upper()),
        "IMAGEDEPOT_INSECURE_REGISTRIES": cold.upstreams.trust,
        "IMAGEDEPOT_UPSTREAMS": lambda now: repositories.name(now.upstreams),
        "IMAGEDEPOT_ANONYMOUS_PULL": lambda _: None,  # read from `in_force` by each request
        "IMAGEDEPOT_MIRROR_SPACE": lambda _: mirror.space.shrink(),
        "IMAGEDEPOT_PEERS": cold.upstreams.name_peers,
        "IMAGEDEPOT_MIRROR_FRESH": lambda _: None,  # read from `in_force` by each check
        "IMAGEDEPOT_LOW_DISK": lambda _: None,  # read from `in_force` by each look
        "IMAGEDEPOT_PLATFORM": lambda _: None,  # read from `in_force` by each download
        "IMAGEDEPOT_AUDIT_DAYS": lambda _: audit.tidy(),
        CATALOGS: lambda now: cold.upstreams.catalogs.put(now.catalogs),
    }
