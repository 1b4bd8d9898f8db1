"""The two depots of Docker Hub over the fake one, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imagedepot.depots.dockerhub import DockerHubDepot
from imagedepot.depots.official import OfficialDepot
from imagedepot.depots.official_memory import OfficialMemory
from imagedepot.model.depot import DepotId
from imagedepot.model.image import Found, ImageRequest, ImageType
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import API, Area
from tests.ground.images import push_image, random_layer
from tests.remote.clients import Clock, KnownLogins, client, source, transport

LIFETIME = 1000.0
SECONDS = 30.0  # a busy machine may take as long; nothing here waits for a Docker Hub that hangs
PATIENCE = 0.1
_LISTS = frozenset({Area.SEARCH_V4, Area.SEARCH_V2, Area.SEARCH_V1, Area.LIST})


def hub_of(fake: FakeHub, logins: KnownLogins | None = None, seconds: float = SECONDS) -> Hub:
    return Hub(HubApi(transport(silence_seconds=SECONDS), logins or KnownLogins(), fake.url, seconds))


class HubKit:
    """`tests.contracts.depot.Kit`, but for the depot."""

    def __init__(self, fake: FakeHub, folder: Path, catalogs: Sequence[Found] = ()) -> None:
        self.fake = fake
        self.clock = Clock()
        self.moment = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.catalogs: Sequence[Found] = catalogs
        self.memory = folder / "official.json"
        self.hub = hub_of(fake)
        self._way: Transport = transport(silence_seconds=SECONDS)
        self.source = source(client(fake.url, through=self._way))
        push_image(fake.upstream.url, "library/redis", "7", [random_layer(3000)])

    def official(self) -> OfficialDepot:
        """A new one: nothing in its memory but what is in the file."""
        return OfficialDepot(
            self.hub.official_images,
            self.source,
            OfficialMemory(self.memory),
            lambda: self.catalogs,
            lifetime=LIFETIME,
            patience=PATIENCE,
            clock=self.clock,
            now=lambda: self.moment,
        )

    def dockerhub(self) -> DockerHubDepot:
        return DockerHubDepot(lambda: self.hub, self.source, lifetime=LIFETIME, patience=PATIENCE, clock=self.clock)

    def request(self, depot: DepotId) -> ImageRequest:
        return ImageRequest(depot, ImageType.DOCKER, "redis", "7")

    def asked(self) -> int:
        return self.fake.requests.count("/v2/namespaces/*") + self.fake.requests.count("*search*")

    def take_away(self) -> None:
        self.fake.inject_into(statuses.status(503), API)

    def hang(self) -> None:
        self.fake.inject_into(delivery.stalled(self.fake.gate()), API)

    def bring_back(self) -> None:
        self.fake.heal()

    def age(self) -> None:
        self.clock.seconds += LIFETIME + 1
        self.moment += timedelta(seconds=LIFETIME + 1)
