"""Which image of an index is taken, also where its entries name no platform."""

from __future__ import annotations

import pytest

from imagedepot.errors import InvalidAnswer, NoSuchPlatform, NotAnImage
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, Index, Manifest
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.remote.oci.choice import IndexReader

AMD64, ARM64 = Platform.parse("linux/amd64"), Platform.parse("linux/arm64")


class Shelf:
    """Manifests by digest, each with the platform in its config; `read` tells which were read."""

    def __init__(self) -> None:
        self.contents: dict[Digest, Manifest | Index | NotAnImage] = {}
        self.platforms: dict[Digest, Platform | None] = {}
        self.read: list[Digest] = []

    def image(self, config: str, named: str = "") -> Descriptor:
        digest = Digest.of(f"{config} {len(self.contents)}".encode())
        described = Descriptor(OCI_CONFIG, Digest.of(digest.hex.encode()), 2)
        self.contents[digest] = Manifest(OCI_MANIFEST, described, ())
        self.platforms[described.digest] = Platform.try_parse(config)
        return Descriptor(OCI_MANIFEST, digest, 10, Platform.try_parse(named))

    def bill_of_materials(self) -> Descriptor:
        digest = Digest.of(f"sbom {len(self.contents)}".encode())
        self.contents[digest] = NotAnImage("lab/app:1: this is not a container image (application/spdx+json)")
        return Descriptor(OCI_MANIFEST, digest, 10)

    def index(self, *entries: Descriptor) -> Descriptor:
        digest = Digest.of(f"index {len(self.contents)}".encode())
        self.contents[digest] = Index(OCI_INDEX, entries)
        return Descriptor(OCI_INDEX, digest, 10)

    def chosen(self, wanted: Platform, *entries: Descriptor) -> Descriptor:
        return self.reader.choose(Index(OCI_INDEX, entries), wanted)[0]

    @property
    def reader(self) -> IndexReader:
        return IndexReader("lab/app:1", self._read, lambda manifest: self.platforms[manifest.config.digest])

    def _read(self, entry: Descriptor) -> tuple[Manifest | Index, int]:
        self.read.append(entry.digest)
        found = self.contents[entry.digest]
        if isinstance(found, NotAnImage):
            raise found
        return found, 10


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_named_entry_is_taken_and_no_other_one_read(shelf: Shelf) -> None:
    other, named, unnamed = shelf.image("arm64", "arm64"), shelf.image("amd64", "amd64"), shelf.image("amd64")
    assert shelf.chosen(AMD64, other, unnamed, named) == named
    assert shelf.read == [named.digest]


@pytest.mark.parametrize("wanted", [AMD64, ARM64])
def test_entries_without_a_platform_are_judged_by_their_configs(shelf: Shelf, wanted: Platform) -> None:
    entries = shelf.image("linux/arm64"), shelf.image("linux/amd64")
    assert shelf.chosen(wanted, *entries).platform == wanted
    assert shelf.reader.platforms(Index(OCI_INDEX, entries)) == {AMD64, ARM64}


def test_what_is_no_image_is_passed_over(shelf: Shelf) -> None:
    image = shelf.image("linux/amd64")
    assert shelf.chosen(AMD64, shelf.bill_of_materials(), image).digest == image.digest
    assert shelf.reader.platforms(Index(OCI_INDEX, (shelf.bill_of_materials(), image))) == {AMD64}


def test_the_best_variant_is_taken(shelf: Shelf) -> None:
    entries = [shelf.image(f"linux/arm/{variant}") for variant in ("v5", "v7", "v6")]
    assert shelf.chosen(Platform.parse("linux/arm/v6"), *entries).platform == Platform.parse("linux/arm/v6")


def test_the_only_image_is_taken_whatever_it_was_made_for(shelf: Shelf) -> None:
    image = shelf.image("linux/amd64")
    assert shelf.chosen(ARM64, image).digest == image.digest
    assert shelf.chosen(ARM64, image, shelf.bill_of_materials()).platform == AMD64


def test_nothing_that_fits_is_said_with_what_there_is(shelf: Shelf) -> None:
    entries = shelf.image("s390x", "s390x"), shelf.image("linux/arm64"), shelf.index(shelf.image("386", "386"))
    with pytest.raises(NoSuchPlatform, match=r"amd64 \(only linux/386, linux/arm64, linux/s390x\)$"):
        shelf.chosen(AMD64, *entries)
    with pytest.raises(NoSuchPlatform, match="only windows/amd64"):
        shelf.chosen(AMD64, shelf.image("windows/amd64", "windows/amd64"))
    with pytest.raises(NoSuchPlatform):
        shelf.chosen(AMD64)


def test_an_index_without_any_image_says_what_it_holds(shelf: Shelf) -> None:
    with pytest.raises(NotAnImage, match="application/spdx"):
        shelf.chosen(AMD64, shelf.bill_of_materials(), shelf.bill_of_materials())


def test_nested_indexes_are_followed(shelf: Shelf) -> None:
    image = shelf.image("amd64", "amd64")
    nested = shelf.index(shelf.index(image))
    assert shelf.chosen(AMD64, shelf.index(shelf.image("arm64", "arm64")), nested) == image
    assert shelf.reader.platforms(Index(OCI_INDEX, (nested,))) == {AMD64}
    with pytest.raises(InvalidAnswer, match="more than 3 deep"):
        shelf.chosen(AMD64, shelf.index(nested))
