"""What is used, by which image, and what can be freed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from imagedepot.content.gc import Freed
from imagedepot.content.unfinished import Unfinished
from imagedepot.errors import StoreUnavailable
from imagedepot.model.content.part import Part
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.service.space import PartUse, SpaceService
from imagedepot.service.stores.in_use import StoresInUse
from tests.service.kit import Kit, layer, request


class Away:
    """An engine that does not answer."""

    type = ImageType.LXC
    kind = "lxd"
    address = "unix:///nowhere"
    copies_content = True

    def images(self) -> Sequence[InstalledImage]:
        raise StoreUnavailable("the engine is away")


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit(tmp_path)
    kit.depot.add("lab/a:1", layer(1000, 1), layer(1000, 2))
    kit.depot.add("lab/b:1", layer(1000, 1), layer(1000, 3))
    for name in ("lab/a", "lab/b"):
        kit.pull(request(name))
    return kit


def space(kit: Kit, *resumable: str, lxc: object = None, made: object = (), mirror: int = 0) -> SpaceService:
    return SpaceService(
        kit.space,
        kit.blobs,
        lambda: StoresInUse(kit.store, lxc or kit.lxc_store),  # type: ignore[arg-type]
        kit.collector,
        kit.store.references,
        lambda: resumable,
        Unfinished(kit.folder / "unfinished"),
        lambda: made,  # type: ignore[arg-type, return-value]
        kit.store.upstream_references,
        mirror=lambda: mirror,
    )


def test_own_bytes_are_exactly_what_a_removal_frees(kit: Kit) -> None:
    usage = space(kit).usage()
    upstream = sum(kit.blobs.upstream_size(digest) for digest in kit.blobs.all_upstream())
    assert usage.used == sum(kit.blobs.size(digest) for digest in kit.blobs.all()) + upstream > upstream > 0
    (a, b) = usage.images
    assert (a.image.title, b.image.title) == ("lab/a:1", "lab/b:1")
    assert a.own + a.shared + b.own == usage.used
    assert a.shared == b.shared > 0
    kit.store.remove("lab/a", "1")
    assert space(kit).usage().used == usage.used - a.own


def test_what_was_made_of_an_image_is_used_and_goes_with_it(kit: Kit) -> None:
    before = space(kit).usage()
    after = space(kit, made=[(70, ["lab/a:1"]), (5, ["lab/a:1", "lab/b:1"])]).usage()
    assert after.used - before.used == 75
    assert [each.own - was.own for each, was in zip(after.images, before.images, strict=True)] == [70, 0]
    assert [each.shared - was.shared for each, was in zip(after.images, before.images, strict=True)] == [5, 5]


def test_every_blob_tells_its_images(kit: Kit) -> None:
    shared = [each for each in space(kit).usage().blobs if len(each.references) == 2]
    assert sum(each.size for each in shared) == space(kit).usage().images[0].shared
    assert {tuple(sorted(each.references)) for each in shared} == {("lab/a:1", "lab/b:1")}


def test_clean_up_frees_what_was_said_to_be_reclaimable(kit: Kit) -> None:
    kit.blobs.put(b"garbage")
    kit.blobs.partial("wanted").write_bytes(b"12345")
    kit.blobs.partial("stale").write_bytes(b"123")
    service = space(kit, "wanted")
    assert service.usage().reclaimable == Freed(10, 2)
    assert service.clean_up() == Freed(10, 2)
    assert service.usage().reclaimable == Freed(0, 0)
    assert kit.blobs.partial("wanted").exists()
    assert kit.names() == ["lab/a:1", "lab/b:1"]


def test_what_an_interrupted_command_began_stays_until_it_is_given_up(kit: Kit) -> None:
    begun = Digest.of(b"begun")
    kit.blobs.partial(begun.key).write_bytes(b"be")
    Unfinished(kit.folder / "unfinished").note("docker lab/begun 1", [begun.key])
    service = space(kit)
    assert service.usage().reclaimable == Freed(0, 0)
    assert service.clean_up() == Freed(0, 0)
    assert service.clean_up(unfinished=True) == Freed(2, 1)


def test_a_file_that_goes_while_somebody_looks_counts_as_nothing(kit: Kit) -> None:
    kit.blobs.partial("gone").symlink_to("nowhere")  # listed, and not there any more when it is looked at
    service = space(kit)
    used = service.usage().used
    assert service.usage().reclaimable == Freed(0, 1)
    assert service.clean_up() == Freed(0, 1)
    assert service.usage().used == used


def test_a_store_that_is_away_does_not_keep_the_others_from_being_told(kit: Kit) -> None:
    service = space(kit, lxc=Away())
    assert [each.image.title for each in service.usage().images] == ["lab/a:1", "lab/b:1"]


def test_the_parts_add_up_to_what_is_used(kit: Kit) -> None:
    kit.blobs.put(b"garbage")
    kit.blobs.partial("wanted").write_bytes(b"12345")
    kit.blobs.partial("stale").write_bytes(b"123")
    usage = space(kit, "wanted").usage()
    parts = {each.part: each for each in usage.parts}
    assert sum(each.bytes for each in usage.parts) == usage.used
    assert parts[Part.IMAGES].bytes == sum(each.own for each in usage.images) + usage.images[0].shared
    assert parts[Part.PARTIAL] == PartUse(Part.PARTIAL, 8, 3, 2)
    assert parts[Part.UNNEEDED] == PartUse(Part.UNNEEDED, 7, 7, 1)
    assert sum(each.reclaimable for each in usage.parts) == usage.reclaimable.bytes


def test_what_the_mirror_alone_needs_is_a_part_of_its_own(kit: Kit) -> None:
    without, mirrored = space(kit).usage(), space(kit, mirror=1000).usage()
    assert mirrored.used == without.used
    change = [each.bytes - was.bytes for each, was in zip(mirrored.parts, without.parts, strict=True)]
    assert change == [-1000, 1000, 0, 0]
