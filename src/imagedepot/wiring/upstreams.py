"""The clients of registries, and the depots over them.

Each is built, and its modules imported, when it is first asked for: a command that lists what is here loads no HTTP
client, and one that pulls from a registry loads no catalogs. Building one asks nothing of an upstream.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from imagedepot.cancellation import Cancellation
from imagedepot.config import Settings, Source
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.depot import APPCENTER, DOCKERHUB, LOCAL, OFFICIAL, DepotId
from imagedepot.model.names.reference import Reference, TagList
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs, Depot
from imagedepot.wiring.depots import Builders, Depots
from imagedepot.wiring.in_force import InForce

if TYPE_CHECKING:
    from imagedepot.content.archives.incoming import Incoming
    from imagedepot.depots.appcenter import AppCenterDepot
    from imagedepot.depots.archive import ArchiveDepot
    from imagedepot.depots.cached import CachedValue
    from imagedepot.depots.dockerhub import DockerHubDepot
    from imagedepot.model.hub import RepositoryDetails, TagPage
    from imagedepot.remote.catalogs.catalog_set import CatalogSet
    from imagedepot.remote.http.transport import Transport
    from imagedepot.remote.hub.hub import Hub
    from imagedepot.remote.oci.access.auth import Authenticator
    from imagedepot.remote.oci.access.credentials import Credentials
    from imagedepot.remote.oci.access.registry_login import RegistryLogins
    from imagedepot.remote.oci.endpoint import Endpoints
    from imagedepot.remote.oci.peers.peers import Peers
    from imagedepot.remote.oci.registry import RegistryClient
    from imagedepot.remote.oci.source import OciSource
    from imagedepot.remote.watched_transport import TrafficWatch
    from imagedepot.service.images import CatalogNames

CACHE = "cache"
"""The folder, in the data folder, of what upstreams said: nothing is lost with it."""


def no_more(_: Upstreams) -> Builders:
    """No depots but those that every service has."""
    return {}


class Upstreams:
    """The clients, and `depots`. A process with many threads calls `build_all` before they start.

    `traffic` is called for each request; None for no watch. `more_depots` are built over these clients, too.
    """

    def __init__(
        self,
        in_force: InForce,
        blobs: Blobs,
        traffic: TrafficWatch | None = None,
        more_depots: Callable[[Upstreams], Builders] = no_more,
    ) -> None:
        self._settings = in_force.now
        self._platform = in_force.platform
        self._blobs = blobs
        self._traffic = traffic
        self.depots: Mapping[DepotId, Depot] = Depots(
            {
                LOCAL: lambda: self.archives,
                APPCENTER: lambda: self._app_center,
                OFFICIAL: self._official,
                DOCKERHUB: lambda: self._docker_hub,
                **more_depots(self),
            }
        )

    def build_all(self) -> None:
        """Raises `InvalidSetting`."""
        _ = self.logins, *self.depots.values()

    def tags(self, reference: Reference, cancellation: Cancellation) -> TagList:
        from imagedepot.remote.hub.tags import find_tags

        return find_tags(self.registry, self.hub, reference, cancellation)

    def platforms(self, reference: Reference, cancellation: Cancellation) -> Sequence[Platform]:
        return self.source.platforms(reference, cancellation)

    def trust(self, settings: Settings) -> None:
        """From now on these settings say which registries are insecure; how each is reached is found out again."""
        self.transport.rules.trust(_insecure(settings))
        self.endpoints.forget()

    def name_peers(self, settings: Settings) -> None:
        """Replace the peers that are asked by those of these settings."""
        self.trust(settings)
        self.peers.name(settings.peers)

    @cached_property
    def transport(self) -> Transport:
        insecure, ca_bundle = _insecure(self._settings), self._settings.ca_bundle
        if self._traffic is None:
            from imagedepot.remote.http.transport import Transport

            return Transport(insecure=insecure, ca_bundle=ca_bundle)
        from imagedepot.remote.watched_transport import WatchedTransport

        return WatchedTransport(self._traffic, insecure=insecure, ca_bundle=ca_bundle)

    @cached_property
    def endpoints(self) -> Endpoints:
        from imagedepot.remote.oci.endpoint import Endpoints

        return Endpoints(self.transport.rules, self._settings.registry_url or "")

    @cached_property
    def registry(self) -> RegistryClient:
        from datetime import UTC, datetime

        from imagedepot.remote.oci.limits import LimitWatch
        from imagedepot.remote.oci.limits_file import LimitsFile
        from imagedepot.remote.oci.registry import RegistryClient

        file = LimitsFile(self._cache / "limits.json")
        limits = LimitWatch(last=file.load(datetime.now(UTC)), keep=file.save)
        return RegistryClient(self.transport, self._authenticator, self.endpoints, limits, peers=self.peers)

    @cached_property
    def peers(self) -> Peers:
        from imagedepot.remote.oci.peers.peers import Peers

        return Peers(self._settings.peers, self.transport, self._credentials)

    @cached_property
    def anonymous_registry(self) -> RegistryClient:
        """A client without logins: what it gets may be given to anonymous callers."""
        from imagedepot.model.access.login import NoLogins
        from imagedepot.remote.oci.access.auth import Authenticator
        from imagedepot.remote.oci.registry import RegistryClient

        return RegistryClient(self.transport, Authenticator(self.transport, NoLogins()), self.endpoints)

    @cached_property
    def source(self) -> OciSource:
        from imagedepot.remote.oci.source import OciSource

        return OciSource(self.registry, self._blobs.keep_upstream, self._blobs.kept_upstream, self._platform)

    @cached_property
    def incoming(self) -> Incoming:
        from imagedepot.content.archives.incoming import Incoming

        return Incoming(self._settings.data_dir / "incoming", DiskSpace(self._settings.data_dir))

    @cached_property
    def archives(self) -> ArchiveDepot:
        from imagedepot.depots.archive import ArchiveDepot

        return ArchiveDepot(self.incoming, self._blobs.keep_upstream, self._platform)

    @cached_property
    def logins(self) -> RegistryLogins:
        from imagedepot.remote.oci.access.registry_login import RegistryLogins

        return RegistryLogins(self.transport, self.endpoints, self._credentials, self._authenticator)

    @cached_property
    def hub(self) -> Hub:
        from imagedepot.remote.hub.api import HubApi
        from imagedepot.remote.hub.hub import Hub

        return Hub(HubApi(self.transport, self._credentials, self._settings.hub_url or ""))

    @cached_property
    def catalogs(self) -> CatalogSet:
        from imagedepot.remote.catalogs.catalog_set import CatalogSet

        return CatalogSet(self.transport, self._cache / "catalogs", self._settings.catalogs)

    @property
    def _cache(self) -> Path:
        return self._settings.data_dir / CACHE

    @cached_property
    def _credentials(self) -> Credentials:
        from imagedepot.remote.oci.access.credentials import Credentials

        return Credentials(os.environ)

    @cached_property
    def _authenticator(self) -> Authenticator:
        from imagedepot.remote.oci.access.auth import Authenticator

        return Authenticator(self.transport, self._credentials)

    def details(self, reference: Reference, cancellation: Cancellation | None = None) -> CachedValue[RepositoryDetails]:
        return self._docker_hub.details(reference, cancellation)

    def tag_page(
        self, reference: Reference, page: int, cancellation: Cancellation | None = None
    ) -> CachedValue[TagPage]:
        return self._docker_hub.tag_page(reference, page, cancellation)

    @property
    def catalog_names(self) -> CatalogNames:
        return self._app_center

    @cached_property
    def _docker_hub(self) -> DockerHubDepot:
        from imagedepot.depots.dockerhub import DockerHubDepot

        return DockerHubDepot(lambda: self.hub, self.source)

    def _official(self) -> Depot:
        from imagedepot.depots.official import OfficialDepot
        from imagedepot.depots.official_memory import OfficialMemory

        memory = OfficialMemory(self._cache / "official.json")
        catalogs, described = lambda: self.catalogs.now().official, lambda request: self._app_center.described(request)
        return OfficialDepot(self.hub.official_images, self.source, memory, catalogs, described)

    @cached_property
    def _app_center(self) -> AppCenterDepot:
        from imagedepot.depots.appcenter import AppCenterDepot

        return AppCenterDepot(self.catalogs, self.source, self.transport, self._platform)


def _insecure(settings: Settings) -> Sequence[str]:
    """`host[:port]` of every registry that is listed so, and of every address that a setting writes with http://."""
    own = [settings.registry_url, settings.hub_url, settings.oidc_issuer]
    written = [*own, *settings.peers, *_written_catalogs(settings)]
    plain = [url.removeprefix("http://").partition("/")[0] for url in written if url and url.startswith("http://")]
    return [*settings.insecure_registries, *plain]


def _written_catalogs(settings: Settings) -> Sequence[str]:
    """The catalogs of the environment and the configuration file, which are trusted more than others."""
    layers = (settings.layers.get(source, {}) for source in (Source.FLAG, Source.ENVIRONMENT, Source.FILE))
    return [each.strip() for layer in layers for each in layer.get("IMAGEDEPOT_CATALOGS", "").split(",")]
