"""The clients of registries, and the depots over them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from imagedepot.config import Settings, Source
from imagedepot.content.backends.local import BlobStore
from imagedepot.depots.appcenter import AppCenterDepot
from imagedepot.depots.dockerhub import DockerHubDepot
from imagedepot.depots.official import OfficialDepot
from imagedepot.depots.official_memory import OfficialMemory
from imagedepot.model.image import DepotName
from imagedepot.model.platform import Platform
from imagedepot.model.reference import Reference
from imagedepot.protocols import Depot
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from imagedepot.remote.hub.tags import find_tags
from imagedepot.remote.oci.auth import Authenticator
from imagedepot.remote.oci.credentials import Credentials
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.limits import LimitWatch
from imagedepot.remote.oci.limits_file import LimitsFile
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.registry_login import RegistryLogins
from imagedepot.remote.oci.source import OciSource
from imagedepot.wiring.in_force import InForce

CACHE = "cache"
"""The folder, in the data folder, of what upstreams said: nothing is lost with it."""


@dataclass(frozen=True)
class Upstreams:
    transport: Transport
    endpoints: Endpoints
    registry: RegistryClient
    source: OciSource
    logins: RegistryLogins
    hub: Hub
    catalogs: CatalogSet
    depots: Mapping[DepotName, Depot]

    def tags(self, reference: Reference) -> Sequence[str]:
        return find_tags(self.registry, self.hub, reference)

    def platforms(self, reference: Reference) -> Sequence[Platform]:
        return self.source.platforms(reference)

    def trust(self, settings: Settings) -> None:
        """From now on these settings say which registries are insecure; how each is reached is found out anew."""
        self.transport.rules.trust(_insecure(settings))
        self.endpoints.forget()


def upstreams(in_force: InForce, blobs: BlobStore) -> Upstreams:
    """Nothing is asked of anybody yet."""
    settings = in_force.now
    transport = Transport(insecure=_insecure(settings), ca_bundle=settings.ca_bundle)
    cache = settings.data_dir / CACHE
    credentials = Credentials(os.environ)
    authenticator = Authenticator(transport, credentials)
    endpoints = Endpoints(transport.rules, settings.registry_url or "")
    told = LimitsFile(cache / "limits.json")
    limits = LimitWatch(last=told.load(datetime.now(UTC)), keep=told.save)
    registry = RegistryClient(transport, authenticator, endpoints, limits)
    source = OciSource(registry, blobs.keep_upstream, blobs.kept_upstream, in_force.platform)
    hub = Hub(HubApi(transport, credentials, settings.hub_url or ""))
    memory = OfficialMemory(cache / "official.json")
    catalogs = CatalogSet(transport, cache / "catalogs", settings.catalogs)
    depots: dict[DepotName, Depot] = {
        DepotName.DOCKERHUB: DockerHubDepot(hub, source),
        DepotName.OFFICIAL: OfficialDepot(hub.official_images, source, memory, lambda: catalogs.now().official),
        DepotName.APPCENTER: AppCenterDepot(catalogs, source, transport, in_force.platform),
    }
    logins = RegistryLogins(transport, endpoints, credentials, authenticator)
    return Upstreams(transport, endpoints, registry, source, logins, hub, catalogs, depots)


def _insecure(settings: Settings) -> Sequence[str]:
    """`host[:port]` of every registry that is listed so, and of every address that a setting writes with http://."""
    written = [settings.registry_url or "", settings.hub_url or "", *_written_catalogs(settings)]
    plain = [url.removeprefix("http://").partition("/")[0] for url in written if url.startswith("http://")]
    return [*settings.insecure_registries, *plain]


def _written_catalogs(settings: Settings) -> Sequence[str]:
    """Those that whoever starts the service wrote down; what is added at run time is looked at more closely."""
    layers = (settings.layers.get(source, {}) for source in (Source.FLAG, Source.ENVIRONMENT, Source.FILE))
    return [each.strip() for layer in layers for each in layer.get("IMAGEDEPOT_CATALOGS", "").split(",")]
