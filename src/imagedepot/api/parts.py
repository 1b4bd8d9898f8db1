"""What the REST face stands on: the services that it speaks for. `imagedepot.app` puts it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imagedepot.api.threads import Threads
from imagedepot.model.image import ImageType
from imagedepot.protocols import Store
from imagedepot.remote.limits import LimitWatch
from imagedepot.remote.registry_login import RegistryLogins
from imagedepot.service.access import Access
from imagedepot.service.downloads import Downloads
from imagedepot.service.feed import Feed
from imagedepot.service.images import Images
from imagedepot.service.repair import Repair
from imagedepot.service.settings import SettingsService
from imagedepot.service.space import SpaceService


@dataclass(frozen=True)
class Parts:
    """`root_path` is the path prefix of a reverse proxy, `""` or `/depot`."""

    version: str
    data_dir: Path
    root_path: str
    access: Access
    images: Images
    stores: Mapping[ImageType, Store]
    downloads: Downloads
    feed: Feed
    space: SpaceService
    repair: Repair
    settings: SettingsService[Any]
    limits: LimitWatch
    logins: RegistryLogins
    icon_url: Callable[[str], str]
    threads: Threads = field(default_factory=Threads)
