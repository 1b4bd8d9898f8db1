"""Docker Hub with each of its faults, one after the other, for everything that people do there.

Whatever is wrong: it recovers, or it ends in one clear sentence; nothing hangs, nothing leaks, nothing is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.content.verify import Verifier
from imagedepot.depots.dockerhub import DockerHubDepot
from imagedepot.depots.official import OfficialDepot
from imagedepot.depots.official_memory import OfficialMemory
from imagedepot.errors import DepotError
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.access.login import Login
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from imagedepot.remote.hub.tags import find_tags
from imagedepot.remote.oci.access.auth import Authenticator
from imagedepot.remote.oci.endpoint import Endpoints
from imagedepot.remote.oci.registry import RegistryClient
from imagedepot.remote.oci.source import OciSource
from imagedepot.service.downloads.pipeline import DownloadPipeline
from imagedepot.service.downloads.work import Tools
from imagedepot.service.stores.in_use import StoresInUse
from imagedepot.stores.embedded.lxc import EmbeddedLxcStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.fakes.hub import FakeHub
from tests.fakes.hub_data import community
from tests.fakes.hub_fault import Action, NamedFault
from tests.fakes.hub_faults import HUB_FAULTS
from tests.fakes.hub_limits import ApiLimit
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.remote.clients import AMD64, KnownLogins, transport

ADA = Login("ada", "lovelace")
NAME, TAG = "library/faulty", "1"
PUBLIC, PRIVATE = Reference.parse("faulty"), Reference.parse("ada/secret")
REQUEST = ImageRequest(DOCKERHUB, ImageType.DOCKER, "faulty", TAG)
SECRETS = ("lovelace", "fake-token", "fake-session", "X-Amz-Signature", "bG92ZWxhY2U")
UNCLEAR = ("Traceback", "object at 0x", "<class", "Errno", "urllib3", "Exception", "None", "{", "\\")
PATIENCE = 30.0  # seconds: a machine may be busy
AT_ONCE = (0.01, 0.01)  # the pauses after a 429


class Person:
    """What somebody does at Docker Hub, with the parts that the service is made of."""

    def __init__(self, fake: FakeHub, folder: Path, seconds: float) -> None:
        way = transport(silence_seconds=seconds)
        registry = RegistryClient(way, Authenticator(way, KnownLogins()), Endpoints(way.rules, fake.url))
        blobs = BlobStore(folder)
        logins = KnownLogins({fake.host: ADA})
        hub = Hub(HubApi(way, logins, fake.url, seconds, pauses=AT_ONCE))
        source = OciSource(registry, blobs.keep_upstream, blobs.kept_upstream, lambda: AMD64)
        searching = DockerHubDepot(lambda: hub, source)
        official = OfficialDepot(hub.official_images, source, OfficialMemory(folder / "official.json"), tuple)
        self.store = EmbeddedOciStore(blobs, Layout(blobs.layout))
        collector = GarbageCollector(blobs, [self.store.roots])
        patience = RetryPolicy(attempts=3, longest_wait=0.01, rate_limited_waits=AT_ONCE)
        disk = DiskSpace(folder, reserve=0)
        puller = Puller(Ingest(blobs, disk, Throttle(), patience))
        depots = {DOCKERHUB: searching}
        lxc_store = EmbeddedLxcStore(blobs, folder / "lxc", disk)
        tools = Tools(blobs, puller, disk, patience, lambda: AMD64)
        self._pipeline = DownloadPipeline(depots, StoresInUse(self.store, lxc_store), tools, collector)
        self.verify = Verifier(blobs, self.store.references).run
        self.does: dict[Action, Callable[[], object]] = {
            Action.SEARCH: lambda: searching.list("nginx").rows,
            Action.OFFICIAL: lambda: official.list("").rows,
            Action.DETAILS: lambda: hub.details(PUBLIC),
            Action.TAGS: lambda: find_tags(registry, hub, PUBLIC),
            Action.LOGIN: lambda: hub.details(PRIVATE),
            Action.PULL: self.pull,
        }

    def pull(self) -> object:
        """The error names the image, as a download's does."""
        try:
            return self._pipeline.run(REQUEST, Progress(), Cancellation())
        except DepotError as error:
            error.args = (self._pipeline.sentence(REQUEST, error),)
            raise


CASES = [
    pytest.param(fault, action, id=f"{action.name.lower()}-{fault.name}")
    for fault in HUB_FAULTS.values()
    for action in Action
    if action in fault.actions
]


@pytest.fixture(scope="module")
def hub(docker_registry: DockerRegistry) -> Iterator[FakeHub]:
    push_image(docker_registry.url, NAME, TAG, [random_layer(2000), random_layer(2100, 1)])
    with FakeHub(docker_registry.url) as hub:
        hub.accounts["ada"] = "lovelace"
        hub.add(community("ada/secret", private=True, owner="ada"))
        hub.api_limit = ApiLimit(1_000_000)
        yield hub


@pytest.fixture
def fake(hub: FakeHub) -> FakeHub:
    hub.heal()
    return hub


@pytest.mark.parametrize(("fault", "action"), CASES)
def test_a_fault_is_recovered_from_or_reported_in_one_sentence(
    fake: FakeHub, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: NamedFault, action: Action
) -> None:
    caplog.set_level(logging.DEBUG, "imagedepot")
    person = Person(fake, tmp_path / "struck", 0.3 if fault.waits else PATIENCE)
    fault.switch_on(fake)
    try:
        assert person.does[action]() or fault is HUB_FAULTS["tags_null"]
    except DepotError as error:
        told = str(error)
        assert not fault.survivable, f"{fault.what}: {told}"
        assert told.isprintable(), told
        assert len(told) < 400, told
        assert not any(word in told for word in UNCLEAR), told
        assert action is not Action.PULL or "faulty:1" in told, told
        assert not person.store.images()
    assert not fake.cdn.leaks
    assert not any(secret in caplog.text for secret in SECRETS)
    assert action is not Action.PULL or not person.verify().problems
    fake.heal()
    assert Person(fake, tmp_path / "struck", PATIENCE).does[action](), "and all is well again"


def test_everything_works_where_nothing_is_wrong(fake: FakeHub, tmp_path: Path) -> None:
    person = Person(fake, tmp_path, PATIENCE)
    for action, do in person.does.items():
        assert do(), action
    assert [image.name for image in person.store.images()] == ["faulty"]
