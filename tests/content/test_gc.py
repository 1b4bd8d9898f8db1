"""Clean-up takes what nothing uses and nothing else, also while a pull is under way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.gc import Freed, GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.transfer.ingest import Ingest, key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.content.transfer.throttle import Throttle
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import OCI_INDEX, Descriptor
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.content.upstream import ScriptedFetcher
from tests.ground.images import random_layer
from tests.stores.kits import OciKit


class Store(OciKit):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout)))
        assert isinstance(self.store, EmbeddedOciStore)
        self.collector = GarbageCollector(self.blobs, [self.store.roots])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_nothing_uses_goes_and_the_answer_counts_it(store: Store) -> None:
    kept = store.bring("lab/app:1", b"content")
    store.blobs.put(b"garbage")
    store.blobs.keep_upstream(Digest.of(b"old manifest"), b"old manifest")
    assert store.collector.reclaimable([]) == Freed(7 + 12, 2)
    assert store.collector.sweep() == Freed(7 + 12, 2)
    assert store.collector.sweep() == Freed(0, 0)
    assert set(store.blobs.all_upstream()) == {kept.root.digest}
    assert all(store.blobs.has(blob.digest) for blob in kept.blobs)


def test_what_is_named_while_the_sweep_looks_stays(store: Store) -> None:
    """Each batch is marked again before it goes: an image that was named since it was listed keeps its blobs."""
    garbage, late = store.blobs.put(b"garbage"), store.blobs.put(b"named since")
    named: list[Digest] = []
    looks: list[int] = []

    def roots() -> list[Digest]:
        looks.append(len(named))
        found = list(named)
        named.append(late)
        return found

    assert GarbageCollector(store.blobs, [roots]).sweep() == Freed(7, 1)
    assert looks == [0, 1]
    assert (store.blobs.has(garbage), store.blobs.has(late)) == (False, True)


def test_what_has_landed_stays_while_its_image_is_still_on_its_way(store: Store) -> None:
    """The last layer is held back, everything else has landed; the sweep comes in between."""
    layers = [b"first" * 100, b"second" * 100, b"last" * 100]
    items = [Descriptor("x", Digest.of(layer), len(layer)) for layer in layers]
    gate = Event()
    fetcher = ScriptedFetcher(*layers, script=[{}, {}, {"gate": gate}])
    retry_policy = RetryPolicy(first_wait=0.001)
    ingest = Ingest(store.blobs, DiskSpace(store.folder, 0, lambda: 1 << 40), Throttle(), retry_policy)

    def pull() -> list[Digest]:
        with store.blobs.lease() as lease:
            return Puller(ingest, concurrency=1).fetch(lease, fetcher, items, Progress(), Cancellation())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(pull)
        while len(fetcher.opened) < 3 or sum(store.blobs.has(item.digest) for item in items) < 2:
            assert not running.done()
        store.collector.sweep(keep_partials=())
        assert sum(store.blobs.has(item.digest) for item in items) == 2
        gate.set()
        assert running.result(60) == [item.digest for item in items]
    assert store.collector.sweep().files == 3, "its lease has ended, and nobody named an image"


def test_a_sweep_at_the_very_moment_of_naming_takes_nothing(tmp_path: Path) -> None:
    """It runs after the manifest was written and before `index.json` names it: the worst moment there is."""
    sweeps: list[Freed] = []

    class Sweeping(Layout):
        def put(self, entry: object) -> None:
            sweeps.append(collector.sweep(keep_partials=()))
            super().put(entry)  # type: ignore[arg-type]

    kit = OciKit(tmp_path, lambda blobs: EmbeddedOciStore(blobs, Sweeping(blobs.layout)))
    assert isinstance(kit.store, EmbeddedOciStore)
    collector = GarbageCollector(kit.blobs, [kit.store.roots])
    resolved, _ = kit.resolved("lab/app:1", random_layer(1000), schema2=True)
    request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
    with kit.blobs.lease() as lease:
        lease.pin([resolved.root.digest, *(blob.digest for blob in resolved.blobs)])
        image = kit.store.install(request, resolved, kit.blobs, [], lambda *_: None)
    assert sweeps == [Freed(0, 0)]
    assert kit.store.images() == (image,)
    assert kit.store.inspect("lab/app", "1")["Id"] == image.id


def test_partial_files_that_may_be_resumed_stay(store: Store) -> None:
    leased = Descriptor("x", Digest.of(b"leased"), 6)
    for name in ("wanted", "stale", "stale.json", key_of(leased), f"{key_of(leased)}.new"):
        store.blobs.partial(name).write_bytes(b"12345")
    with store.blobs.lease() as lease:
        lease.pin([leased.digest])
        assert store.collector.sweep() == Freed(0, 0), "a removal leaves all of them"
        assert store.collector.sweep(keep_partials=["wanted"]) == Freed(5, 1)
    left = {path.name for path in store.blobs.partials.iterdir()}
    assert left == {"wanted", key_of(leased), f"{key_of(leased)}.new"}


def test_the_quarantine_goes_with_an_explicit_clean_up_alone(store: Store) -> None:
    store.blobs.quarantine.mkdir()
    (store.blobs.quarantine / "sha256-x").write_bytes(b"rotten")
    assert store.collector.sweep() == Freed(0, 0)
    assert store.collector.reclaimable([]) == Freed(6, 1)
    assert store.collector.sweep(keep_partials=()) == Freed(6, 1)


def test_what_other_hands_put_into_the_layout_stays_with_all_that_it_leads_to(store: Store) -> None:
    config, layer = store.blobs.put(b"{}"), store.blobs.put(b"their layer")
    rows = [{"digest": str(digest)} for digest in (config, layer)]
    manifest = store.blobs.put(json.dumps({"config": rows[0], "layers": rows[1:]}).encode())
    index = store.blobs.put(json.dumps({"manifests": [{"digest": str(manifest)}]}).encode())
    row = {"mediaType": OCI_INDEX, "digest": str(index), "size": 1, "annotations": {"who": "skopeo"}}
    (store.blobs.layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [row]}))
    reopened = Store(store.folder)
    reopened.blobs.put(b"garbage")
    assert reopened.collector.sweep() == Freed(7, 1)
    assert set(reopened.blobs.all()) == {config, layer, manifest, index}


def test_what_cannot_be_deleted_costs_nothing_else(store: Store) -> None:
    """A folder among the blobs is not a blob, and a folder among the partial files is not ours."""
    store.blobs.path(Digest.of(b"folder")).mkdir()
    (store.blobs.partials / "folder").mkdir()
    (store.blobs.partials / "file").write_bytes(b"12345")
    store.blobs.quarantine.mkdir()
    (store.blobs.quarantine / "set aside").mkdir()
    (store.blobs.quarantine / "set aside" / "inside").touch()
    garbage = store.blobs.put(b"garbage")
    freed = store.collector.sweep(keep_partials=())
    assert not store.blobs.has(garbage)
    assert freed.bytes >= 7 + 5
    assert not (store.blobs.quarantine / "set aside").exists()
    assert store.blobs.path(Digest.of(b"folder")).is_dir()
    assert store.collector.sweep(keep_partials=()) == Freed(0, 0)


def test_facts_that_make_no_sense_cost_no_clean_up(store: Store) -> None:
    store.bring("lab/app:1", b"one")
    path = store.blobs.layout / "index.json"
    frame = json.loads(path.read_bytes())
    frame["manifests"][0]["annotations"]["io.imagedepot.upstream"] = "nonsense"
    path.write_text(json.dumps(frame))
    reopened = Store(store.folder)
    garbage = reopened.blobs.put(b"garbage")
    assert reopened.collector.sweep().files == 1
    assert not reopened.blobs.has(garbage)
    assert len(set(reopened.blobs.all())) == 3, "manifest, config and layer stay"
