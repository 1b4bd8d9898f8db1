"""The parts of monitoring: the checks of readiness, and the names of upstreams."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from imagedepot.config import Settings
from imagedepot.database.check import check_changeable
from imagedepot.errors import StorageFailure, StoreUnavailable
from imagedepot.model.image import ImageType
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.model.names.upstreams import Upstreams
from imagedepot.service.monitoring.readiness import Check, Readiness
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.wiring.blobs import LAYOUT, check_blobs
from imagedepot.wiring.cold import Cold
from imagedepot.wiring.database import place_of
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.stores.stores import Followed

OTHER = "other"
_LOCKED_SECONDS = 2.0
_HUB = "hub.docker.com"
_IMAGE_SERVER = "images.linuxcontainers.org"
_NAMES = {
    "registry-1.docker.io": DOCKER_HUB,
    "auth.docker.io": DOCKER_HUB,
    "index.docker.io": DOCKER_HUB,
    _HUB: _HUB,
    _IMAGE_SERVER: _IMAGE_SERVER,
}


def open_readiness(cold: Cold) -> Readiness:
    database = place_of(cold.settings)
    checks: dict[str, Check] = {
        "database": lambda: check_changeable(database, _LOCKED_SECONDS),
        "disk": cold.disk.check_usable,
    }
    if cold.settings.blobs is not None:
        checks["blobs"] = lambda: check_blobs(cold.blobs)
    for type_ in ImageType:
        checks[type_.value] = _check_of(cold.stores.in_use, type_, cold.settings.data_dir / LAYOUT)
    return Readiness(checks)


def _check_of(stores: StoresInUse, type_: ImageType, content: Path) -> Check:
    """Of the store that takes new images; `content` is the folder with the bytes of both our own."""

    def check() -> None:
        store = stores.chosen(type_)
        if not isinstance(store, Followed):
            if not os.access(content, os.R_OK | os.W_OK | os.X_OK):
                raise StorageFailure(f"The folder {content} with the {store.type} images is missing")
            return
        store.ping()
        reason = store.absence(0)
        if reason is not None:
            raise StoreUnavailable(reason)

    return check


class UpstreamNames:
    """Names for the hosts that the service asks: those that the settings and this version know, so that what users ask
    for makes no further ones."""

    def __init__(self, in_force: InForce) -> None:
        self._in_force = in_force
        self._settings: Settings | None = None
        self._names: Mapping[str, str] = {}

    def find(self, host: str) -> str:
        """The upstream of a `host[:port]`, or `other`."""
        settings = self._in_force.now
        if settings is not self._settings:
            self._names, self._settings = _names(settings), settings
        return self._names.get(host, OTHER)


def _names(settings: Settings) -> Mapping[str, str]:
    catalogs = [_host(each) for each in settings.catalogs]
    named = [each.host for each in Upstreams(settings.upstreams).all]
    names = {host: host for host in (*settings.insecure_registries, *catalogs, *named)}
    names.update((_host(each), _host(each)) for each in settings.peers)
    names.update(_NAMES)
    for address, name in ((settings.hub_url, _HUB), (settings.registry_url, DOCKER_HUB)):
        if address:
            names[_host(address)] = name
    names.pop("", None)
    return names


def _host(address: str) -> str:
    """`host[:port]` of an address; "" for text that is not one."""
    return urlsplit(address).netloc.lower()
