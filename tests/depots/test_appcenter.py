from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.database.pinned import resolved_from_json, resolved_to_json
from imagedepot.depots.appcenter import AppCenterDepot
from imagedepot.errors import AddressNotAllowed, NoSuchPlatform, Unavailable, UpstreamNotFound
from imagedepot.model.depot import APPCENTER
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, Remark, ResolvedLxc
from imagedepot.model.platform import Platform
from imagedepot.protocols import LxcOrigin
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.source import BUILTIN
from tests.contracts.depot import DepotContract
from tests.fakes import delivery, statuses
from tests.fakes.image_server import ImageServer
from tests.fakes.message import Gate
from tests.fakes.web import WebServer
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry
from tests.remote.catalogs.shelves import Moment, put_list, shelf
from tests.remote.clients import AMD64, client, read, source, transport

NOW = Cancellation()


class AppCenterKit:
    """`tests.contracts.depot.Kit`: one list at an address."""

    def __init__(self, web: WebServer, registry: str, folder: Path) -> None:
        push_image(registry, "library/redis", "7", [random_layer(3000)])
        self.web = web
        self.moment = Moment()
        self.gate = Gate()
        self.query = "Redis"
        self.once = 1
        self.image = ImageRequest(APPCENTER, ImageType.DOCKER, "redis", "7")
        address = put_list(web, "/list.json", "redis", "bitnami/redis", "nginx", version="7")
        way = transport(silence_seconds=30.0)
        self.shelf = shelf(folder, address, moment=self.moment, patience=1.0, silence_seconds=30.0)
        self.depot = AppCenterDepot(self.shelf, source(client(registry, through=way)), way, lambda: AMD64)

    def asked(self) -> int:
        return len(self.web.requests)

    def take_away(self) -> None:
        self.web.inject(statuses.status(503))

    def hang(self) -> None:
        self.web.inject(delivery.stalled(self.gate))

    def bring_back(self) -> None:
        self.web.rules.clear()

    def age(self) -> None:
        self.moment.lifetime_passes()


class TestAppCenter(DepotContract):
    @pytest.fixture
    def kit(self, web: WebServer, docker_registry: DockerRegistry, tmp_path: Path) -> AppCenterKit:
        return AppCenterKit(web, docker_registry.url, tmp_path)


def depot(of: CatalogSet, platform: str = "linux/amd64") -> AppCenterDepot:
    way = transport()
    return AppCenterDepot(of, source(client(through=way)), way, lambda: Platform.parse(platform))


def lxc(name: str, platform: str = "", **said: str) -> ImageRequest:
    wanted = Platform.parse(platform) if platform else None
    return ImageRequest(APPCENTER, ImageType.LXC, name, "latest", wanted, Remark(**said))


def origin(of: AppCenterDepot) -> LxcOrigin:
    assert of.lxc is not None
    return of.lxc


def resolve(of: AppCenterDepot, request: ImageRequest) -> ResolvedLxc:
    return origin(of).resolve(request, origin(of).current(request, NOW), NOW)


@pytest.fixture
def images(web: WebServer) -> ImageServer:
    server = ImageServer(web)
    for architecture in ("amd64", "arm64", "armhf"):
        server.publish(
            "debian/bookworm",
            architecture,
            aliases="debian/bookworm,debian/12",
            incus=f"meta {architecture}".encode(),
            rootxz=f"root {architecture}".encode(),
        )
    server.publish("alpine/edge", "armhf", incus=b"m", rootxz=b"r")
    return server


def test_an_image_of_an_image_server_is_pinned_by_its_fingerprint(tmp_path: Path, images: ImageServer) -> None:
    here = depot(shelf(tmp_path, images.url))
    fingerprint = hashlib.sha256(b"meta amd64root amd64").hexdigest()
    assert origin(here).current(lxc("debian/bookworm"), NOW) == Digest("sha256", fingerprint)
    resolved = resolve(here, lxc("debian/bookworm"))
    assert (resolved.name, resolved.architecture, resolved.fingerprint) == ("debian/bookworm", "amd64", fingerprint)
    assert resolved.verifiable
    assert (resolved.properties["release"], resolved.warning) == ("bookworm", "")
    fetcher = origin(here).fetcher(resolved)
    assert [read(fetcher.open(file, 0)) for file in resolved.files] == [b"meta amd64", b"root amd64"]


def test_the_host_or_the_wanted_platform_chooses(tmp_path: Path, images: ImageServer) -> None:
    of = shelf(tmp_path, images.url)
    assert resolve(depot(of, "linux/arm64"), lxc("debian/bookworm")).architecture == "arm64"
    assert resolve(depot(of, "linux/arm/v7"), lxc("debian/bookworm")).architecture == "armhf"
    assert resolve(depot(of), lxc("debian/bookworm", "linux/arm64/v8")).architecture == "arm64"


def test_no_image_for_the_platform_is_said_so_with_what_there_is(tmp_path: Path, images: ImageServer) -> None:
    of = shelf(tmp_path, images.url)
    sentence = r"debian/bookworm: not available for linux/s390x \(only amd64, arm64, armhf\)"
    with pytest.raises(NoSuchPlatform, match=sentence):
        resolve(depot(of), lxc("debian/bookworm", "linux/s390x"))
    with pytest.raises(NoSuchPlatform, match="not available for linux/s390x"):
        resolve(depot(of, "linux/s390x"), lxc("debian/bookworm"))


def test_the_only_architecture_is_taken_with_a_warning_unless_another_was_asked_for(
    tmp_path: Path, images: ImageServer
) -> None:
    of = shelf(tmp_path, images.url)
    resolved = resolve(depot(of), lxc("alpine/edge"))
    assert (resolved.architecture, resolved.warning) == (
        "armhf",
        "This image is for armhf, not for this host's linux/amd64",
    )
    with pytest.raises(NoSuchPlatform):
        resolve(depot(of), lxc("alpine/edge", "linux/amd64"))


def test_an_alias_is_accepted_and_becomes_the_name(tmp_path: Path, images: ImageServer) -> None:
    here = depot(shelf(tmp_path, images.url))
    assert here.accepted(lxc("debian/12")).name == "debian/bookworm"
    assert here.listed_name("debian/12") == "debian/bookworm"
    assert here.listed_name("anything") == "anything"
    assert resolve(here, lxc("debian/12")).name == "debian/bookworm"


def test_an_lxc_image_tells_what_it_is_made_for(tmp_path: Path, web: WebServer, images: ImageServer) -> None:
    rows = [{"name": "bare", "type": "lxc", "repository": "qnap", "location": web.put("/a.tar.gz", b"tarball")}]
    here = depot(shelf(tmp_path, images.url, web.put("/list.json", json.dumps(rows).encode())))
    told = [str(each) for each in here.platforms("debian/12")]
    assert told == ["linux/amd64", "linux/arm64", "linux/arm/v7"]
    assert here.platforms("bare") == []
    with pytest.raises(UpstreamNotFound):
        here.platforms("no/such")


def test_an_lxc_name_that_no_catalog_has_is_refused(tmp_path: Path, images: ImageServer) -> None:
    here = depot(shelf(tmp_path, images.url))
    with pytest.raises(UpstreamNotFound, match="No catalog has an LXC image no/such"):
        here.accepted(lxc("no/such"))
    with pytest.raises(UpstreamNotFound):
        origin(here).current(lxc("no/such"), NOW)


def test_what_the_catalog_says_is_kept_where_the_request_says_nothing(tmp_path: Path, web: WebServer) -> None:
    said = {"description": "Said.", "icon": "https://x.example/i.png"}
    here = depot(shelf(tmp_path, put_list(web, "/list.json", "my/image", **said)))
    here.list("")
    request = ImageRequest(APPCENTER, ImageType.DOCKER, "my/image", "latest")
    assert here.accepted(request).remark == Remark("Said.", "", "https://x.example/i.png")
    mine = ImageRequest(APPCENTER, ImageType.DOCKER, "my/image", "latest", remark=Remark("Mine.", "here"))
    assert here.accepted(mine).remark == Remark("Mine.", "here", "https://x.example/i.png")
    unknown = ImageRequest(APPCENTER, ImageType.DOCKER, "other/image", "latest")
    assert here.accepted(unknown) is unknown


def test_a_tarball_with_a_checksum_is_verifiable_and_one_without_is_not(tmp_path: Path, web: WebServer) -> None:
    url, digest = web.put("/a.tar.gz", b"tarball"), Digest.of(b"tarball")
    rows = [
        {"name": "plain", "type": "lxc", "repository": "qnap", "arch": "amd64", "location": url},
        {"name": "pinned", "type": "lxc", "repository": "qnap", "location": url, "sha256": digest.hex},
    ]
    here = depot(shelf(tmp_path, web.put("/list.json", json.dumps(rows).encode())))
    plain, pinned = resolve(here, lxc("plain")), resolve(here, lxc("pinned"))
    assert (plain.verifiable, origin(here).current(lxc("plain"), NOW)) == (False, None)
    assert (pinned.verifiable, origin(here).current(lxc("pinned"), NOW)) == (True, digest)
    assert pinned.architecture == "amd64", "nobody says, so it is taken for the host's"
    for resolved in (plain, pinned):
        assert read(origin(here).fetcher(resolved).open(resolved.files[0], 0)) == b"tarball"


def test_a_pinned_image_is_fetched_after_a_restart_as_it_was_named(tmp_path: Path, images: ImageServer) -> None:
    here = depot(shelf(tmp_path, images.url))
    resolved = resolved_from_json(resolved_to_json(resolve(here, lxc("debian/bookworm"))))
    assert isinstance(resolved, ResolvedLxc)
    again = depot(shelf(tmp_path / "empty"))
    assert read(origin(again).fetcher(resolved).open(resolved.files[0], 0)) == b"meta amd64"


def test_files_that_somebody_on_the_public_network_named_are_not_fetched_from_this_host(
    tmp_path: Path, images: ImageServer
) -> None:
    here = depot(shelf(tmp_path, images.url))
    ours = resolve(here, lxc("debian/bookworm"))
    theirs = ResolvedLxc(ours.name, ours.architecture, ours.files, named_by="https public")
    unknown = ResolvedLxc(ours.name, ours.architecture, ours.files, named_by="file nowhere")
    for resolved in (theirs, unknown):
        with pytest.raises(AddressNotAllowed):
            origin(here).fetcher(resolved).open(resolved.files[0], 0)


def test_a_built_in_lxc_image_is_downloaded_through_the_image_server(tmp_path: Path, images: ImageServer) -> None:
    here = depot(shelf(tmp_path, BUILTIN, image_server=images.url))
    rows = [row for row in here.list("bookworm").rows if row.type is ImageType.LXC]
    assert [(row.name, row.architecture, row.size) for row in rows] == [
        ("debian/bookworm", architecture, "") for architecture in ("amd64", "arm64", "armhf")
    ]
    assert here.accepted(lxc("debian/bookworm")).remark.description.startswith("The stable release before")
    resolved = resolve(here, lxc("debian/bookworm"))
    assert resolved.created == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    assert read(origin(here).fetcher(resolved).open(resolved.files[1], 0)) == b"root amd64"


def test_no_catalog_that_could_ever_be_read_is_the_reason(tmp_path: Path, web: WebServer) -> None:
    web.inject(statuses.status(503))
    with pytest.raises(Unavailable, match="answered 503"):
        depot(shelf(tmp_path, f"{web.url}/list.json")).list("")
    assert list(depot(shelf(tmp_path)).list("").rows) == []
