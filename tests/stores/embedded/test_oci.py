"""The embedded OCI store, judged by the tools that people use: skopeo and umoci read its folder as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from imagedepot.content.gc import GarbageCollector
from imagedepot.content.index.oci_layout import Layout
from imagedepot.content.verify import Verifier
from imagedepot.errors import ImageNotFound
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import Remark
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.contracts.image_shapes import ImageShapes
from tests.contracts.store import StoreContract
from tests.ground.images import packed_layer, unpacked_layer
from tests.ground.needs import require
from tests.stores.kits import AMD64, OciKit


class Store(OciKit):
    """An embedded store on a temporary folder."""

    store: EmbeddedOciStore

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda blobs: EmbeddedOciStore(blobs, Layout(blobs.layout), self.collect))
        self.collector = GarbageCollector(self.blobs, [self.store.roots])

    def collect(self) -> None:
        self.collector.sweep()

    def rows(self) -> list[str]:
        return [f"{image.name}:{image.tag}" for image in self.store.images()]

    def reopened(self) -> Store:
        return Store(self.folder)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


class TestContract(StoreContract):
    @pytest.fixture
    def kit(self, store: Store) -> Store:
        return store


class TestShapes(ImageShapes):
    @pytest.fixture
    def kit(self, store: Store) -> Store:
        return store


@pytest.mark.parametrize("plain", [False, True], ids=["gzip", "plain"])
def test_other_tools_unpack_layers_that_have_lost_their_type(store: Store, plain: bool, tmp_path: Path) -> None:
    require("skopeo", "umoci")
    layer = packed_layer({"file": b"content"})
    store.install("lab/app:1", unpacked_layer(layer) if plain else layer, schema2=True, layer_type="")
    named = f"{store.blobs.layout}:docker.io/lab/app:1"
    assert json.loads(run("skopeo", "inspect", f"oci:{named}"))["Architecture"] == "amd64"
    run("umoci", "unpack", "--rootless", "--image", named, tmp_path / "bundle")
    assert (tmp_path / "bundle" / "rootfs" / "file").read_bytes() == b"content"


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_an_image_is_listed_by_its_familiar_name_and_found_again_after_a_restart(store: Store) -> None:
    remark = Remark("What it is", "https://hub.docker.com/r/lab/app", "http://x/icon.png")
    resolved = store.bring("lab/app:1", b"one", b"two", remark=remark)
    for opened in (store, store.reopened()):
        (image,) = opened.store.images()
        assert (image.name, image.tag, image.platform) == ("lab/app", "1", AMD64)
        assert image.size == sum(blob.size for blob in resolved.blobs)
        assert image.digest == resolved.root.digest
        assert image.remark == remark
        assert image.depot == DOCKERHUB


def test_the_snapshot_is_the_same_object_until_something_changes(store: Store) -> None:
    store.bring("lab/app:1", b"one")
    before = store.store.images()
    assert store.store.images() is before
    store.bring("lab/app:2", b"one")
    assert store.store.images() is not before
    assert store.store.images()[0] is before[0]


def test_watchers_are_called_for_each_change(store: Store) -> None:
    told: list[int] = []
    with store.store.watch(lambda: told.append(len(store.store.images()))):
        store.bring("lab/app:1", b"one")
        store.store.remove("lab/app", None)
    store.bring("lab/app:1", b"one")
    assert told == [1, 0]


@pytest.mark.parametrize("schema2", [False, True], ids=["oci", "schema2"])
def test_skopeo_reads_and_copies_the_folder_as_it_is(store: Store, schema2: bool, tmp_path: Path) -> None:
    require("skopeo")
    store.bring("registry.lan:5000/lab/app:1", b"one", b"two", schema2=schema2)
    source = f"oci:{store.blobs.layout}:registry.lan:5000/lab/app:1"
    assert json.loads(run("skopeo", "inspect", source))["Architecture"] == "amd64"
    archive = tmp_path / "image.tar"
    run("skopeo", "copy", "--insecure-policy", source, f"docker-archive:{archive}:lab/app:1")
    assert archive.stat().st_size > 0


def test_umoci_reads_the_folder_as_it_is(store: Store, tmp_path: Path) -> None:
    require("umoci")
    store.bring("lab/app:1", b"the content", schema2=True)
    # umoci takes no slash in a tag, so it is asked through a copy of the index that names the image shortly.
    copy = tmp_path / "copy"
    shutil.copytree(store.blobs.layout, copy)
    index = json.loads((copy / "index.json").read_bytes())
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "app"}
    (copy / "index.json").write_text(json.dumps(index))
    rootless = ["--rootless"] if os.geteuid() else []
    run("umoci", "unpack", *rootless, "--image", f"{copy}:app", str(tmp_path / "bundle"))
    assert (tmp_path / "bundle/rootfs/file").read_bytes() == b"the content"


def test_inspect_speaks_as_docker_did_and_does(store: Store) -> None:
    resolved = store.bring("redis:7", b"one", schema2=True)
    store.bring("lab/alias:7", b"one", schema2=True)
    answer = store.store.inspect("redis", "7")
    recorded = "Architecture Author Comment Config Container ContainerConfig Created DockerVersion Id Os Parent Size"
    assert set(recorded.split()) <= answer.keys()
    assert answer["Id"] == str(resolved.config.digest)
    assert answer["RepoTags"] == ["lab/alias:7", "redis:7"]
    assert f"redis@{resolved.root.digest}" in answer["RepoDigests"]
    assert answer["Size"] == answer["VirtualSize"] == store.store.images()[1].size
    assert answer["Config"]["Cmd"] == ["/bin/sh"]
    assert answer["Config"]["Hostname"] == ""
    assert answer["ContainerConfig"] == answer["Config"]
    assert answer["Created"] == "2024-05-06T07:08:09.123456789Z"
    with pytest.raises(ImageNotFound, match="Image not found: redis:8"):
        store.store.inspect("redis", "8")


def test_a_digest_is_listed_as_its_own_tag(store: Store) -> None:
    digest = f"sha256:{'ab' * 32}"
    store.bring(f"lab/app@{digest}", b"one")
    assert [(image.name, image.tag) for image in store.store.images()] == [("lab/app", digest)]
    store.store.remove("lab/app", digest)
    assert store.rows() == []


def test_removing_frees_exactly_what_nothing_else_uses(store: Store) -> None:
    base, own = b"shared" * 1000, b"own" * 1000
    kept = store.bring("lab/kept:1", base)
    gone = store.bring("lab/gone:1", base, own)
    store.store.remove("lab/gone", "1")
    assert store.rows() == ["lab/kept:1"]
    assert store.blobs.has(kept.layers[0].digest)
    assert not store.blobs.has(gone.layers[1].digest)
    assert not store.blobs.has(gone.config.digest)
    store.store.remove("lab/kept", None)
    assert list(store.blobs.all()) == []
    assert list(store.blobs.all_upstream()) == []
    assert json.loads((store.blobs.layout / "index.json").read_bytes())["manifests"] == []


def test_removing_what_is_not_there_says_so(store: Store) -> None:
    store.bring("lab/app:1", b"one")
    for name, tag, says in [("lab/app", "2", "lab/app:2"), ("lab/other", None, "lab/other")]:
        with pytest.raises(ImageNotFound, match=f"^Image not found: {says}$"):
            store.store.remove(name, tag)
    assert store.rows() == ["lab/app:1"]


def test_a_clean_up_takes_nothing_that_is_leased(store: Store) -> None:
    landed = store.blobs.put(b"landed, not named yet")
    with store.blobs.lease() as lease:
        lease.pin([landed])
        store.collector.sweep()
        assert store.blobs.has(landed)
    assert store.collector.sweep().bytes == len(b"landed, not named yet")
    assert not store.blobs.has(landed)


def test_an_index_written_by_other_hands_is_understood(store: Store) -> None:
    store.bring("lab/app:1", b"one")
    index = json.loads((store.blobs.layout / "index.json").read_bytes())
    row = index["manifests"][0]
    row["annotations"] = {"org.opencontainers.image.ref.name": "docker.io/lab/app:1", "com.example.note": "kept"}
    del row["platform"]
    stray = {"mediaType": "application/vnd.example", "digest": row["digest"], "size": 1}
    index["manifests"] += [stray, {**row, "digest": "nonsense"}]
    (store.blobs.layout / "index.json").write_text(json.dumps(index))
    reopened = store.reopened()
    (image,) = reopened.store.images()
    assert (image.name, image.platform) == ("lab/app", AMD64)
    reopened.bring("lab/more:1", b"two")
    again = json.loads((store.blobs.layout / "index.json").read_bytes())
    assert again["manifests"][0]["annotations"]["com.example.note"] == "kept"


Break = Callable[[Path], object]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.write_bytes(b"x" * path.stat().st_size), "not what its digest says"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "not what its digest says"),
        (lambda path: path.unlink(), "missing"),
    ],
    ids=["changed", "cut", "gone"],
)
def test_verify_names_what_is_wrong_and_whom_it_hurts(store: Store, harm: Break, reason: str) -> None:
    resolved = store.bring("lab/app:1", b"one")
    store.bring("lab/other:1", b"two")
    verifier = Verifier(store.blobs, store.store.references)
    assert verifier.run().problems == ()
    harm(store.blobs.path(resolved.layers[0].digest))
    (problem,) = verifier.run(quarantine=True).problems
    assert problem.digest == str(resolved.layers[0].digest)
    assert problem.images == ("lab/app:1",)
    assert reason in problem.reason
    assert not store.blobs.has(resolved.layers[0].digest)
    assert [image.name for image in store.store.set_aside([resolved.layers[0].digest])] == ["lab/app"]
    assert store.rows() == store.reopened().rows() == ["lab/other:1"]
    store.bring("lab/app:1", b"one")
    assert store.rows() == ["lab/app:1", "lab/other:1"]
    assert verifier.run().problems == ()


def test_an_image_that_is_removed_as_soon_as_it_is_there_was_installed(store: Store) -> None:
    """The removal waits at the lock that the installation holds, and takes over the moment it is free."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(100):
            removals: list[threading.Thread] = []

            def remove(removals: list[threading.Thread] = removals) -> None:
                if not removals:
                    removals.append(threading.Thread(target=store.store.remove, args=("lab/app", "1")))
                    removals[0].start()

            with store.store.watch(remove):
                store.bring("lab/app:1", b"one")
                removals[0].join()
            assert store.store.images() == ()
    finally:
        sys.setswitchinterval(interval)
