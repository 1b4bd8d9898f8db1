"""A lost list of images: what it named is named again, and no clean-up takes what is not."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.verify import Verifier
from imagedepot.database.connection import Database
from imagedepot.database.rows.downloads import DownloadRows
from imagedepot.database.stored import DATABASE
from imagedepot.model.depot import APPCENTER, DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType, RemoteFile, Resolved, ResolvedLxc
from imagedepot.service.space import SpaceService
from imagedepot.wiring.cold import Cold, open_cold
from imagedepot.wiring.repair import open_repair
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.service.killed import pull, settings_of
from tests.stores.lxc_archives import root_archive

Damage = Callable[[Path], Any]
DAMAGES: dict[str, Damage] = {
    "deleted": lambda index: index.unlink(),
    "emptied": lambda index: index.write_bytes(b""),
    "half": lambda index: index.write_bytes(index.read_bytes()[: index.stat().st_size // 2]),
    "zeros": lambda index: index.write_bytes(bytes(index.stat().st_size)),
    "no rows": lambda index: index.write_text('{"schemaVersion": 2, "manifests": []}'),
}


class Depot:
    """A data folder with images of a registry, opened again for each look, as a start does."""

    def __init__(self, folder: Path, registry: FaultyRegistry) -> None:
        self.data = folder / "data"
        self.url = registry.url
        self.upstream = registry.upstream.url
        self.index = self.data / "content/index.json"
        self.copy = self.data / "content/index.json.bak"

    def pull(self, *names: str) -> None:
        for number, name in enumerate(names):
            push_image(self.upstream, name, "1", [random_layer(5000, number), random_layer(100, 7)])
            pull(self.data, self.url, name)

    def open(self) -> Any:
        return open_cold(settings_of(self.data, self.url))

    def remember(self, *ended: tuple[ImageRequest, Resolved]) -> None:
        """As the service's downloads do."""
        database = Database(self.data / DATABASE)
        rows = DownloadRows(database)
        for request, resolved in ended:
            download = rows.add(request, datetime.now(UTC))
            rows.pin(download.id, resolved)
            fields = {each: getattr(download, each) for each in ("id", "request", "created")}
            rows.save(type(download)(**fields, status=DownloadStatus.DONE, ended=datetime.now(UTC)))
        database.close()

    def resolved(self, cold: Cold, name: str) -> tuple[ImageRequest, Resolved]:
        request = ImageRequest(DOCKERHUB, ImageType.DOCKER, name, "1")
        return request, cold.upstreams.source.resolve(request, None, Cancellation())


@pytest.fixture
def depot(tmp_path: Path, faulty_registry: FaultyRegistry) -> Depot:
    return Depot(tmp_path, faulty_registry)


def titles(cold: Cold) -> list[str]:
    return [each.title for each in (*cold.stores.embedded_oci.images(), *cold.stores.embedded_lxc.images())]


def is_clean(cold: Cold) -> bool:
    return Verifier(cold.blobs, cold.stores.references).run().problems == ()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_lost_index_is_read_from_its_copy_and_no_clean_up_takes_a_blob(
    depot: Depot, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    depot.pull("lab/a", "lab/b")
    DAMAGES[damage](depot.index)
    with caplog.at_level(logging.WARNING), depot.open() as cold:
        assert titles(cold) == ["lab/a:1", "lab/b:1"]
        assert cold.stores.collector.sweep(()).bytes == 0
        assert is_clean(cold)
    (said,) = [each.message for each in caplog.records if "index of docker images" in each.message]
    assert "was rebuilt from its copy, the downloads and the blobs, and lists 2" in said
    caplog.clear()
    with depot.open() as cold:
        assert titles(cold) == ["lab/a:1", "lab/b:1"]
        cold.stores.embedded_oci.remove("lab/a", "1")
        cold.stores.embedded_oci.remove("lab/b", "1")
        assert list(cold.blobs.all()) == []
    assert caplog.records == [], "it is told once"


def test_with_index_and_copy_gone_the_downloads_name_the_images(depot: Depot) -> None:
    depot.pull("lab/a", "lab/b", "lab/gone")
    with depot.open() as cold:
        before = {image.title: image for image in cold.stores.embedded_oci.images()}
        depot.remember(*(depot.resolved(cold, name) for name in ("lab/a", "lab/b", "lab/gone")))
        cold.stores.embedded_oci.remove("lab/gone", "1")
    depot.index.unlink()
    depot.copy.unlink()
    with depot.open() as cold:
        assert titles(cold) == ["lab/a:1", "lab/b:1"], "what was removed has no blobs any more"
        for image in cold.stores.embedded_oci.images():
            was = before[image.title]
            assert (image.id, image.digest, image.size, image.depot) == (was.id, was.digest, was.size, was.depot)
        assert cold.stores.collector.sweep(()).files == 0
        assert is_clean(cold)


def test_images_that_nothing_can_name_are_kept_until_they_are_given_up(depot: Depot) -> None:
    depot.pull("lab/a", "lab/b")
    depot.index.unlink()
    depot.copy.unlink()
    with depot.open() as cold:
        loose = cold.blobs.put(b"a file of no image")
    depot.index.unlink()
    depot.copy.unlink()
    with depot.open() as cold:
        assert titles(cold) == []
        blobs = set(cold.blobs.all())
        assert loose in blobs
        assert len(blobs) == 8, "two manifests, configs and layers, a layer that they share, and the loose one"
        assert cold.stores.collector.sweep(()).bytes == 0
        named = {digest for digest, _ in open_repair(cold).verify(repair=False).unnamed}
        assert named == blobs
    depot.pull("lab/a")
    with depot.open() as cold:
        assert titles(cold) == ["lab/a:1"]
        cold.stores.embedded_oci.remove("lab/a", "1")
        assert len(set(cold.blobs.all())) == 5, "lab/b is kept, and the loose one"
        space = SpaceService(
            cold.disk,
            cold.blobs,
            lambda: cold.stores.in_use,
            cold.stores.collector,
            cold.stores.references,
            tuple,
            cold.unfinished,
            forget_unnamed=cold.stores.forget_unnamed,
        )
        assert space.clean_up().bytes == 0
        assert space.clean_up(unnamed=True).files >= 5
        assert list(cold.blobs.all()) == []
    with depot.open() as cold:
        assert cold.stores.embedded_oci.loss == ""
        assert not (depot.data / "unnamed").exists()


@pytest.mark.parametrize("damage", ["deleted", "emptied", "half", "whole folder"])
def test_a_lost_index_of_lxc_images_is_rebuilt(depot: Depot, damage: str) -> None:
    with depot.open() as cold:
        raw = root_archive()
        digest = cold.blobs.put(raw)
        resolved = ResolvedLxc("lab/box", "amd64", (RemoteFile("http://lab.lan/box", len(raw), digest),))
        request = ImageRequest(APPCENTER, ImageType.LXC, "lab/box", "latest")
        cold.stores.embedded_lxc.install(request, resolved, cold.blobs, [digest], lambda *_: None)
        depot.remember((request, resolved))
        (before,) = cold.stores.embedded_lxc.images()
    index = depot.data / "lxc/index.json"
    if damage == "whole folder":
        shutil.rmtree(index.parent)
    else:
        DAMAGES[damage](index)
    for _ in range(2):
        with depot.open() as cold:
            (image,) = cold.stores.embedded_lxc.images()
            assert (image.title, image.id, image.size) == (before.title, before.id, before.size)
            assert cold.stores.collector.sweep(()).files == 0
            assert is_clean(cold)


def test_a_kill_in_the_middle_of_a_rebuild_loses_nothing(depot: Depot) -> None:
    """What is kept is on the disk before the new index: the files of each moment, in order."""
    depot.pull("lab/a")
    depot.index.unlink()
    depot.copy.unlink()
    with depot.open() as cold:
        every = frozenset(cold.blobs.all())
    (depot.data / "unnamed").write_text("".join(f"{each}\n" for each in every))
    depot.index.write_text('{"schemaVersion": 2, "manifests": [], "annotations": {"io.imagedepot.emptied": "true"}}')
    with depot.open() as cold:
        assert cold.stores.collector.sweep(()).bytes == 0
        assert frozenset(cold.blobs.all()) == every


def test_a_new_folder_keeps_no_list_of_lost_files(depot: Depot) -> None:
    depot.pull("lab/a")
    assert not (depot.data / "unnamed").exists()
    assert Digest.of(depot.index.read_bytes()) == Digest.of(depot.copy.read_bytes())
