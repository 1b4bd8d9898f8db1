"""The services behind the REST face; `imagedepot.app` puts them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagedepot.api.http.threads import Threads
from imagedepot.model.limits import Limits
from imagedepot.model.platform import Platform
from imagedepot.model.stores import SeenEngine, StoreStatus
from imagedepot.service.access.access import Access
from imagedepot.service.access.openid import OpenIdSignIn
from imagedepot.service.access.setup import Setup
from imagedepot.service.archives.engine_loads import EngineLoads
from imagedepot.service.archives.loading import Loading
from imagedepot.service.audit.trail import AuditTrail
from imagedepot.service.catalogs import CatalogService
from imagedepot.service.client_config import ClientConfigs
from imagedepot.service.client_requests import ClientRequests
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.downloads.line.either_queue import DownloadQueue
from imagedepot.service.events import Feed
from imagedepot.service.icons import Icons
from imagedepot.service.images import Images
from imagedepot.service.notifications.channels import Notifications
from imagedepot.service.registries import RegistryLogins
from imagedepot.service.repair import Repair
from imagedepot.service.settings import SettingsService
from imagedepot.service.space import SpaceService
from imagedepot.service.stores.switching import Switching
from imagedepot.service.updates.updates import Updates


@dataclass(frozen=True)
class Parts:
    """`platform` tells what images are downloaded for; `root_path` the path prefix of a reverse proxy, or nothing.

    `stores_in_use` and `engines_seen` send no request.
    """

    version: str
    platform: Callable[[], Platform]
    root_path: str
    access: Access
    setup: Setup
    openid: OpenIdSignIn
    images: Images
    stores_in_use: Callable[[], Sequence[StoreStatus]]
    engines_seen: Callable[[], Sequence[SeenEngine]]
    downloads: DownloadQueue
    loading: Loading
    engine_loads: EngineLoads
    feed: Feed
    space: SpaceService
    repair: Repair
    settings: SettingsService[Any]
    switching: Switching
    limits: Callable[[], Limits]
    logins: RegistryLogins
    catalogs: CatalogService
    icons: Icons
    mirror: Mirror
    notifications: Notifications
    client_configs: ClientConfigs
    client_requests: ClientRequests
    updates: Updates
    audit: AuditTrail
    threads: Threads = field(default_factory=Threads)
