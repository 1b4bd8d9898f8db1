"""What is here, and what can be told of one image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.depots.cached import CachedValue
from imagedepot.errors import Conflict, ImageNotFound, UpstreamNotFound
from imagedepot.model.depot import APPCENTER, DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.hub import RepositoryDetails, TagPage
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.names.reference import Reference, TagList
from imagedepot.model.platform import Platform
from imagedepot.service.downloads.requests import installed_name
from imagedepot.service.images import Images
from imagedepot.service.stores.in_use import StoresInUse
from tests.service.kit import AMD64, ARM64, Kit, layer, request

DOCKER = ImageType.DOCKER


class NoCatalogs:
    """Catalogs that list nothing."""

    def listed_name(self, name: str) -> str:
        return name

    def platforms(self, name: str) -> Sequence[Platform]:
        return ()


class Upstreams:
    catalog_names = NoCatalogs()

    def __init__(self) -> None:
        self.offered: dict[str, Sequence[str]] = {}
        self.made_for: Sequence[Platform] = ()
        self.gap = ""

    def tags(self, reference: Reference, cancellation: Cancellation) -> TagList:
        return TagList(self.offered[reference.familiar_name], self.gap)

    def platforms(self, reference: Reference, cancellation: Cancellation) -> Sequence[Platform]:
        return self.made_for

    def details(self, reference: Reference, cancellation: Cancellation | None = None) -> CachedValue[RepositoryDetails]:
        raise UpstreamNotFound(f"{reference.familiar_name} has no page")

    def tag_page(
        self, reference: Reference, page: int, cancellation: Cancellation | None = None
    ) -> CachedValue[TagPage]:
        raise UpstreamNotFound(f"{reference.familiar_name} has no page")


class House(Kit):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.upstreams = Upstreams()
        self.images = Images(
            StoresInUse(self.store, self.lxc_store),
            {DOCKERHUB: self.depot},
            self.upstreams,
            lambda: AMD64,
            self.store.references,
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    house.pull()
    house.depot.asked.clear()
    return house


def test_local_is_the_stores_own_snapshot(house: House) -> None:
    assert house.images.local(DOCKER) is house.store.images()


def test_an_image_is_found_by_any_spelling_of_its_name(house: House) -> None:
    for name in ("lab/app", "docker.io/lab/app", "index.docker.io/lab/app"):
        assert house.images.inspect(DOCKER, name, "1")["RepoTags"] == ["lab/app:1"]
    with pytest.raises(ImageNotFound, match=r"^Image not found: lab/app:2$"):
        house.images.inspect(DOCKER, "lab/app", "2")


def two_digests(house: House) -> tuple[str, str]:
    """`lab/app:1` is here, and by its digest an image that no tag names any more; the digests of both."""
    tagged = house.store.images()[0]
    house.depot.add("lab/app:1", layer(1000, 9))
    digest = next(name.partition("@")[2] for name in reversed(house.depot.images) if "@" in name)
    house.pull(request(tag=digest))
    assert house.names() == ["lab/app:1", f"lab/app:{digest}"]
    return str(tagged.digest), digest


def test_the_digest_decides_what_is_removed(house: House) -> None:
    _, other = two_digests(house)
    for absent in ("sha256:" + "0" * 64, "sha512:" + "0" * 128):
        with pytest.raises(ImageNotFound, match=rf"^Image not found: lab/app@{absent}$"):
            house.images.remove(*removed(f"lab/app:1@{absent}"))
    house.images.remove(*removed(f"lab/app:1@{other}"))
    assert house.names() == ["lab/app:1"], "the digest of another image never removes what the tag names"
    with pytest.raises(ImageNotFound, match=rf"^Image not found: lab/app@{other}$"):
        house.images.remove(*removed(f"lab/app@{other}"))


def test_the_digest_decides_what_is_shown(house: House) -> None:
    tagged, other = two_digests(house)
    for name, tag, digest in [
        (f"lab/app:1@{other}", "1", other),
        (f"lab/app:1@{other}", other, other),
        ("lab/app", other, other),
        ("lab/app", tagged, tagged),
        (f"lab/app:9@{tagged}", "9", tagged),
    ]:
        assert house.images.found(DOCKER, name, tag).digest == Digest.parse(digest)
        assert house.images.layers(name, tag).image.digest == Digest.parse(digest)
        assert house.images.inspect(DOCKER, name, tag)["Id"] == house.images.layers(name, tag).image.id


def test_a_digest_that_one_tag_names_removes_that_tag(house: House) -> None:
    tagged, other = two_digests(house)
    house.images.remove(*removed(f"lab/app@{tagged}"))
    assert house.names() == [f"lab/app:{other}"]


def test_a_digest_that_several_tags_name_removes_none_of_them(house: House) -> None:
    house.depot.images["lab/app:stable"] = house.depot.images["lab/app:1"]
    house.pull(request(tag="stable"))
    digest = house.store.images()[0].digest
    with pytest.raises(Conflict, match=r"is here as lab/app:1, lab/app:stable: remove these by their tags$"):
        house.images.remove(*removed(f"lab/app@{digest}"))
    assert house.names() == ["lab/app:1", "lab/app:stable"]


def removed(name: str) -> tuple[ImageType, str, str | None]:
    return DOCKER, *installed_name(DOCKER, name)


def test_latest_comes_first_among_the_tags_and_those_here_are_reported(house: House) -> None:
    house.upstreams.offered["lab/app"] = ["10", "2", "latest", "1", "edge", "2"]
    tags = house.images.tags("docker.io/lab/app")
    assert tags.tags == ("latest", "1", "10", "2", "edge")
    assert (tags.installed, tags.gap) == (("1",), "")


def test_a_list_of_tags_that_may_be_short_says_so(house: House) -> None:
    house.upstreams.offered["lab/app"] = ["2"]
    house.upstreams.gap = "Some tags may be missing: registry.lan answered 404 for page 2"
    assert house.images.tags("lab/app").gap == house.upstreams.gap


def test_layers_tell_who_else_has_them(house: House) -> None:
    house.depot.add("lab/other:2", layer(1000, 1))
    house.pull(request("lab/other", "2"))
    layers = house.images.layers("lab/app", "1").layers
    assert [users for _, users in layers] == [["lab/other:2"], []]
    assert house.images.layers("docker.io/lab/app", "1").image.name == "lab/app"
    with pytest.raises(ImageNotFound):
        house.images.layers("lab/app", "9")


def test_platforms_are_compared_with_the_hosts(house: House) -> None:
    for offered, fits in [((AMD64, ARM64), True), ((ARM64,), False), ((), None)]:
        house.upstreams.made_for = offered
        assert house.images.platforms(request()) == (offered, AMD64, fits)
    lxc = ImageRequest(APPCENTER, ImageType.LXC, "debian/12", "latest")
    assert house.images.platforms(lxc) == ((), AMD64, None), "no catalogs here that could tell"


def test_removing_takes_one_tag_or_all(house: House) -> None:
    house.depot.add("lab/app:2", layer(1000, 2))
    house.pull(request(tag="2"))
    house.images.remove(DOCKER, "lab/app", "1")
    assert house.names() == ["lab/app:2"]
    house.images.remove(DOCKER, "lab/app", None)
    assert house.names() == []
