"""Switching stores in this process: images move one after the other, each as a download without a queue."""

from __future__ import annotations

from imagedepot.cli.backend.protocol import Json
from imagedepot.config import Settings
from imagedepot.database.rows.settings import SettingRows
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import image_type
from imagedepot.service.settings import SettingsService
from imagedepot.service.stores.bringing import Inline
from imagedepot.service.stores.switching import Fate, Switching
from imagedepot.service.stores.work import StoreWork
from imagedepot.wire.v1.base import plain
from imagedepot.wire.v1.stores import Stores
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.fleet import open_rows


class LocalStores:
    """Closing it leaves work that the service, or the same command, goes on with."""

    def __init__(self, cold: Cold) -> None:
        self._cold = cold
        stores = cold.stores
        self._work = StoreWork(stores.in_use, stores.memory, Inline(lambda: cold.pipeline), stores.let_go, stores.leave)
        self._switching = Switching(stores, self._work, self._put)
        self.close = self._work.close

    def now(self) -> Json:
        return plain(Stores.of(self._switching, with_address=True))

    def use(self, type_: str, setting: str, images: str) -> Json:
        self._switching.use(image_type(type_), setting, Fate(images))
        return self.now()

    def decide(self, type_: str, store: str, images: str) -> Json:
        self._switching.decide(image_type(type_), store, Fate(images))
        return self.now()

    def stop(self, type_: str) -> Json:
        self._switching.stop(image_type(type_))
        return self.now()

    def _put(self, name: str, value: str) -> None:
        stores = self._cold.stores

        def choose(_: str, now: Settings) -> None:
            stores.choose(ImageType.DOCKER, now.docker)
            stores.choose(ImageType.LXC, now.lxc)

        settings = self._cold.settings
        with open_rows(settings, self._cold.disk, self._cold.fleet) as database:
            SettingsService(SettingRows(database), settings, choose).put(name, value)
