"""What every store promises (`imagedepot.protocols.Store`). A new store's test is a subclass with one fixture."""

from __future__ import annotations

import threading
from typing import Protocol

import pytest

from imagedepot.errors import ImageNotFound
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.protocols import Store

INSPECT = {
    ImageType.DOCKER: "Architecture Author Comment Config Container ContainerConfig Created DockerVersion Id Os "
    "Parent Size VirtualSize RepoTags RepoDigests RootFS",
    ImageType.LXC: "Architecture Created Os Size Fingerprint Properties verified",
}


class Kit(Protocol):
    """A store, and a way to put an image into it."""

    @property
    def store(self) -> Store: ...

    def add(self, name: str) -> InstalledImage:
        """Install some image by this name."""


class StoreContract:
    """Subclasses give the fixture `kit`, on an empty store."""

    def names(self, kit: Kit) -> list[str]:
        return [image.name for image in kit.store.images() if image.name.startswith("lab/")]

    def test_an_installed_image_is_listed_and_inspected(self, kit: Kit) -> None:
        added = kit.add("lab/one")
        assert added in kit.store.images()
        assert (added.type, added.name) == (kit.store.type, "lab/one")
        assert added.size > 0
        assert added.id
        assert added.digest is not None
        assert added.platform is not None
        assert added.installed_at is not None
        answer = kit.store.inspect(added.name, added.tag)
        assert set(INSPECT[kit.store.type].split()) <= answer.keys()
        assert answer["Size"] == added.size

    def test_what_was_said_of_an_image_is_kept(self, kit: Kit) -> None:
        assert kit.add("lab/one").depot is not None

    def test_images_come_by_name_then_tag(self, kit: Kit) -> None:
        for name in ("lab/b", "lab/a"):
            kit.add(name)
        assert self.names(kit) == ["lab/a", "lab/b"]

    def test_the_same_image_again_is_one_row(self, kit: Kit) -> None:
        kit.add("lab/one")
        kit.add("lab/one")
        assert self.names(kit) == ["lab/one"]

    def test_a_removed_image_is_gone_and_others_stay(self, kit: Kit) -> None:
        kit.add("lab/gone")
        kept = kit.add("lab/kept")
        kit.store.remove("lab/gone", None)
        assert self.names(kit) == ["lab/kept"]
        assert kit.store.inspect(kept.name, kept.tag)["Size"] == kept.size

    def test_what_is_not_there_is_not_found(self, kit: Kit) -> None:
        with pytest.raises(ImageNotFound, match=r"^Image not found: lab/absent:1$"):
            kit.store.inspect("lab/absent", "1")
        with pytest.raises(ImageNotFound, match=r"^Image not found: lab/absent$"):
            kit.store.remove("lab/absent", None)

    def test_the_snapshot_stays_the_same_object_until_something_changes(self, kit: Kit) -> None:
        kit.add("lab/one")
        before = kit.store.images()
        assert kit.store.images() is before
        assert kit.store.at_hand() is before
        kit.add("lab/two")
        assert kit.store.images() is not before
        assert "lab/two" not in [image.name for image in before]

    def test_watchers_are_called(self, kit: Kit) -> None:
        told = threading.Event()
        with kit.store.watch(told.set):
            kit.add("lab/one")
            assert told.wait(60)
            told.clear()
            kit.store.remove("lab/one", None)
            assert told.wait(60)
