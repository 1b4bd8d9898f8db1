"""The mirror's parts without a face: what they do while the database is locked, and when two of them meet."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from imagedepot.content.backends.local import BlobStore
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import Ingest
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.database.connection import Database
from imagedepot.database.rows.mirror import MirrorRows
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import DOCKER_HUB
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.model.names.upstreams import Upstream
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.mirror.cache import Item, MirrorCache
from imagedepot.service.distribution.mirror.fetches import BlobFetches
from imagedepot.service.distribution.mirror.growing import GrowingBlob
from imagedepot.service.distribution.mirror.images import CachedImage, CachedImages
from imagedepot.service.distribution.mirror.mirror import Mirror
from imagedepot.service.distribution.mirror.pull_through import PullThrough
from imagedepot.service.distribution.mirror.space import MirrorSpace
from imagedepot.service.distribution.served import Manifest, Tagged, WholeBlob
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.remote.clients import client
from tests.service.distribution.kit import AMD64, LAYER, described
from tests.service.kit import HASTY

APP = RepositoryName("lab/app", Upstream(DOCKER_HUB, DOCKER_HUB))
LAYER_BYTES = b"a layer"


class Kit:
    """The cache over a temporary folder, and what serves from it; `hub_url` plays Docker Hub."""

    def __init__(self, folder: Path, hub_url: str = "http://127.0.0.1:9") -> None:
        self.path = folder / "test.db"
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        self.database = Database(self.path, busy_seconds=0.05)
        self.blobs = BlobStore(folder)
        self.client = client(hub_url)
        self.ingest = Ingest(self.blobs, DiskSpace(folder, 0, lambda: 1 << 40), Throttle(), HASTY)
        self.cache = self.started()

    def started(self) -> MirrorCache:
        """The cache as the next start reads it."""
        return MirrorCache(MirrorRows(self.database), self.blobs, lambda: self.moment)

    def fetches(self, landed: Callable[[], None] = lambda: None) -> BlobFetches:
        return BlobFetches(self.client, self.blobs, self.ingest, self.cache, landed, lambda *_: None)

    def content(self, *holdings: Held) -> Content:
        """Without a mirror, as for a limit of 0: what is here is served all the same."""
        store = EmbeddedOciStore(self.blobs, Layout(self.blobs.layout))
        images = CachedImages(self.cache, self.blobs)
        space = MirrorSpace(self.cache, images, self.blobs, GarbageCollector(self.blobs, []), [], lambda: 0)
        through = PullThrough(self.client, self.client, self.cache, lambda: 60.0)
        fetches = self.fetches()
        mirror = Mirror(self.cache, through, fetches, space, images, self.blobs, store, lambda: 0, list, lambda: AMD64)
        return Content(self.blobs, holdings, mirror)

    def keep(self, config: bytes = b"{}", tag: str | None = "1") -> Digest:
        """Cache a manifest of a config and `LAYER_BYTES`."""
        raw = json.dumps(
            {"config": described(OCI_CONFIG, config), "layers": [described(LAYER, LAYER_BYTES)]}, indent=1
        ).encode()
        self.cache.put_manifest(APP.name, Digest.of(raw), raw, OCI_MANIFEST, tag)
        return Digest.of(raw)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The database refuses all changes while inside."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


class Held:
    """`served.Holdings` of one manifest with a tag; `reads` are the digests that it was asked for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.reads: list[Digest] = []

    def tag(self, repository: str, tag: str) -> Tagged | None:
        return Tagged(Digest.of(self._raw))

    def manifest(self, repository: str, digest: Digest) -> Manifest | None:
        self.reads.append(digest)
        return Manifest(self._raw, OCI_MANIFEST, digest)

    def has_blob(self, repository: str, digest: Digest) -> bool:
        return False

    def tags(self, repository: str) -> Collection[str]:
        return ["1"]

    def repositories(self) -> Collection[str]:
        return []

    def referrers(self, repository: str, digest: Digest) -> Sequence[dict[str, Any]]:
        return ()


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = Kit(tmp_path)
    yield made
    made.database.close()


def test_a_blob_that_goes_while_its_fetch_ends_is_fetched_again(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    kit = Kit(tmp_path, faulty_registry.url)
    layer = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(1000)]).layers[0]
    again: list[GrowingBlob] = []
    came_again = threading.Event()

    def landed() -> None:
        if again:
            came_again.set()
            return
        kit.blobs.delete(layer)  # as when the limit is too low for it
        again.append(fetches.follow(APP, layer, None))

    fetches = kit.fetches(landed)
    fetches.follow(APP, layer, None)
    assert came_again.wait(20)  # else it would stay on its way for ever
    assert again[0].is_done
    assert kit.blobs.has(layer)
    assert not fetches.is_running(layer)
    fetches.close()
    kit.database.close()


def test_a_manifest_that_was_lost_and_comes_again_is_linked(kit: Kit) -> None:
    digest = kit.keep()
    kit.blobs.forget_upstream(digest)
    kit.cache = kit.started()
    assert not kit.cache.has_blob(APP.name, Digest.of(LAYER_BYTES))
    kit.keep()
    assert kit.cache.has_blob(APP.name, Digest.of(LAYER_BYTES))


def test_what_is_here_is_served_while_the_database_is_locked(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    digest, layer = kit.keep(), kit.blobs.put(LAYER_BYTES)
    content = kit.content()
    kit.moment += timedelta(minutes=5)
    used = kit.moment
    with kit.locked():
        assert content.manifest(APP, "1").digest == digest
        assert isinstance(content.blob(APP, layer), WholeBlob)
    assert [record.getMessage() for record in caplog.records] == [
        "the mirror cannot note what was used: The database refused a change: database is locked",
        "the mirror cannot note a blob of docker.io/lab/app: The database refused a change: database is locked",
    ]
    assert layer not in kit.cache.repositories_by_name[APP.name].blobs
    kit.moment += timedelta(minutes=5)
    content.blob(APP, layer)
    after = kit.started().repositories_by_name[APP.name]
    assert after.manifests[digest].used == used  # noted late, and not lost
    assert layer in after.blobs


def test_strangers_are_served_while_the_database_is_locked(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    kit = Kit(tmp_path, faulty_registry.url)
    raw = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(1000)]).raw
    kit.cache.put_manifest(APP.name, Digest.of(raw), raw, OCI_MANIFEST, "1")
    with kit.locked():
        assert kit.content().is_public(APP)
    faulty_registry.stop()
    assert kit.content().is_public(APP)
    kit.database.close()


def test_whether_it_is_public_is_asked_while_another_manifest_arrives(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    class Growing(dict[Digest, Item]):
        """Gets another one between its first and its second."""

        def __iter__(self) -> Iterator[Digest]:
            for each in super().__iter__():
                yield each
                self[Digest.of(b"another")] = self[each]

    kit = Kit(tmp_path, faulty_registry.url)
    raw = push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(1000)]).raw
    kit.cache.put_manifest(APP.name, Digest.of(raw), raw, OCI_MANIFEST, "1")
    repository = kit.cache.repositories_by_name[APP.name]
    repository.manifests = Growing(repository.manifests)
    content = kit.content()
    assert content.is_public(APP)
    faulty_registry.stop()
    assert content.is_public(APP)  # known from here on
    kit.database.close()


def test_images_are_listed_while_another_tag_arrives(kit: Kit) -> None:
    class Late:
        """What a tag names; when it is read, the repository gets another tag."""

        moment = None

        @property
        def digest(self) -> Digest:
            tags["2"] = Tagged(digest)
            return digest

    digest = kit.keep()
    tags = kit.cache.repositories_by_name[APP.name].tags
    tags["1"] = cast(Tagged, Late())
    (image,) = CachedImages(kit.cache, kit.blobs).all()
    assert "1" in image.tags


def test_many_images_are_given_up_after_one_look_at_all(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for each in ("1", "2", "3"):
        kit.moment += timedelta(minutes=5)
        kept.append(kit.keep(each.encode(), each))
        kit.blobs.put(each.encode())
        kit.cache.put_blob(APP.name, Digest.of(each.encode()), 1)
    layer = kit.blobs.put(LAYER_BYTES)
    kit.cache.put_blob(APP.name, layer, 1 << 20)
    repository = kit.cache.repositories_by_name[APP.name]
    images, looks = CachedImages(kit.cache, kit.blobs), []

    def look() -> Sequence[CachedImage]:
        looks.append(1)
        return CachedImages.all(images)

    monkeypatch.setattr(images, "all", look)
    space = MirrorSpace(kit.cache, images, kit.blobs, GarbageCollector(kit.blobs, []), [], lambda: limit)
    limit = space.used() - 1
    space.shrink()
    assert [*repository.manifests] == kept[1:]
    assert layer in repository.blobs  # the other two need it
    assert len(looks) == 1
    limit = 0
    space.shrink()
    assert repository.is_empty
    assert len(looks) == 2


def test_a_pull_by_tag_reads_its_manifest_once(kit: Kit) -> None:
    held = Held(b"{}")
    assert kit.content(held).manifest(APP, "1").digest == Digest.of(b"{}")
    assert held.reads == [Digest.of(b"{}")]
