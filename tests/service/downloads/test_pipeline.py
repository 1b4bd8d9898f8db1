"""One download, walked: what it asks for, what it refuses, what it leaves behind when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.errors import (
    Cancelled,
    ConnectionBroken,
    DepotError,
    InvalidAnswer,
    NoSuchPlatform,
    StorageFailure,
    StoreUnavailable,
    UpstreamError,
    UpstreamNotFound,
)
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus, PartStatus
from imagedepot.model.image import ImageRequest, InstalledImage, Resolved, ResolvedOci
from imagedepot.protocols import Content
from imagedepot.stores.docker.client import EngineClient
from imagedepot.stores.docker.store import DockerEngineStore
from imagedepot.stores.embedded.oci import EmbeddedOciStore
from tests.fakes.engine import BreakingEngine
from tests.ground.waiting import wait_until
from tests.service.kit import AMD64, ARM64, Kit, layer, request


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


def test_a_fresh_pull_is_one_head_one_get_and_each_blob_once(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2), layer(1000, 1))
    on_success = kit.pull()
    assert on_success.changed
    assert kit.depot.asked == ["HEAD lab/app:1", "GET lab/app:1"]
    assert sorted(kit.depot.opened) == sorted(
        (digest, 0) for digest in {held.config.digest, *(x.digest for x in held.layers)}
    )
    assert kit.names() == ["lab/app:1"]
    assert on_success.image == kit.store.images()[0]


class TarStore(EmbeddedOciStore):
    """Takes its layers early, as an engine does, and needs their sizes beforehand, as a tar file does."""

    takes_early = True

    def install(
        self,
        request: ImageRequest,
        resolved: Resolved,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        assert isinstance(resolved, ResolvedOci)
        for blob in resolved.blobs:
            if len(content.read(blob.digest)) != blob.size:
                raise UpstreamError("another size than promised")
        return super().install(request, resolved, content, files, progress, cancellation)


@pytest.mark.parametrize("make", [EmbeddedOciStore, TarStore])
@pytest.mark.parametrize("wrong", [1, -7])
def test_an_image_whose_manifest_is_wrong_about_sizes_is_installed_with_the_right_ones(
    tmp_path: Path, make: type[EmbeddedOciStore], wrong: int
) -> None:
    kit = Kit(tmp_path, make=make)
    held = kit.depot.add("lab/app:1", layer(3000, 1), layer(3000, 2))
    right = sum(each.size for each in (held.config, *held.layers))
    held.config, *layers = (replace(each, size=each.size + wrong) for each in (held.config, *held.layers))
    held.layers = tuple(layers)
    assert kit.pull().image.size == right
    assert len(kit.depot.opened) == 3
    assert kit.names() == ["lab/app:1"]


def test_an_unchanged_tag_is_one_head_and_no_write(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer())
    kit.pull()
    before = kit.files()
    kit.depot.asked.clear()
    on_success = kit.pull()
    assert not on_success.changed
    assert kit.depot.asked == ["HEAD lab/app:1"]
    assert kit.files() == before


def test_a_tag_that_moved_brings_only_what_is_new_and_frees_what_is_old(kit: Kit) -> None:
    old = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    kit.pull()
    new = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 3))
    kit.depot.opened.clear()
    assert kit.pull().image.digest == new.root.digest
    assert {digest for digest, _ in kit.depot.opened} == {new.config.digest, new.layers[1].digest}
    assert not kit.blobs.has(old.layers[1].digest)
    assert kit.names() == ["lab/app:1"]


def test_another_platform_moves_the_tag(kit: Kit) -> None:
    for platform in (AMD64, ARM64):
        kit.depot.add("lab/app:1", layer(1000, len(str(platform))), platform=platform)
    assert kit.pull().image.platform == AMD64
    moved = kit.pull(request(platform=ARM64))
    assert (moved.changed, moved.image.platform) == (True, ARM64)
    assert kit.names() == ["lab/app:1"]
    assert kit.pull().image.platform == AMD64, "without a platform the host's is meant"


def test_a_platform_that_is_not_offered_is_refused_with_what_is(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer(), platform=ARM64)
    with pytest.raises(NoSuchPlatform, match=r"^lab/app:1: not available for linux/amd64 \(only linux/arm64\)$"):
        kit.pull()
    assert kit.names() == []


def test_a_single_image_of_another_architecture_is_warned_of_each_time(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer(), platform=ARM64, single=True)
    on_success = kit.pull()
    assert on_success.warning == "This image is for linux/arm64, not for this host's linux/amd64"
    assert on_success.image.platform == ARM64
    again = kit.pull()
    assert not again.changed
    assert again.warning == on_success.warning


@pytest.mark.parametrize("here_already", [False, True])
def test_a_single_image_of_another_architecture_is_refused_when_one_was_asked_for(kit: Kit, here_already: bool) -> None:
    kit.depot.add("lab/app:1", layer(), platform=ARM64, single=True)
    if here_already:
        kit.pull()
    with pytest.raises(NoSuchPlatform, match="not available for linux/amd64"):
        kit.pull(request(platform=AMD64))


def test_a_platform_that_was_asked_for_is_decided_before_any_layer_is_fetched(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(), platform=ARM64, single=True)
    with pytest.raises(NoSuchPlatform):
        kit.pull(request(platform=AMD64))
    assert kit.depot.opened == [(held.config.digest, 0)]


def test_layers_come_beside_the_config(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    gate = kit.held(held.config.digest)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(kit.pull)
        wait_until(lambda: all(kit.blobs.has(each.digest) for each in held.layers))
        assert not kit.blobs.has(held.config.digest)
        assert kit.names() == []
        gate.set()
        running.result(60)
    assert kit.names() == ["lab/app:1"]


def test_a_config_that_is_none_ends_the_layers(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(), config=b"[]")
    kit.held(held.layers[0].digest)  # never given
    with pytest.raises(InvalidAnswer):
        kit.pull()
    assert kit.names() == []


HOSTILE = [
    b"",
    b"[]",
    b"\xff",
    b"[" * 50_000,
    b'{"rootfs": "x"}',
    b'{"rootfs": {"diff_ids": "x"}}',
    b'{"rootfs": {"diff_ids": [5]}}',
    b'{"config": []}',
    b'{"history": {"a": 1}}',
    b'{"history": ["x"]}',
    b'{"history": [{"comment": 5}]}',
    b'{"architecture": 5}',
    b'{"created": {}}',
]


@pytest.mark.parametrize("config", HOSTILE, ids=lambda config: config[:30].decode(errors="replace"))
def test_a_hostile_config_is_refused_in_a_sentence_and_leaves_nothing_visible(kit: Kit, config: bytes) -> None:
    kit.depot.add("lab/app:1", layer(), config=config)
    with pytest.raises(InvalidAnswer, match=r"^lab/app:1: its config is "):
        kit.pull()
    assert kit.names() == []
    assert json.loads((kit.blobs.layout / "index.json").read_bytes())["manifests"] == []


@pytest.mark.parametrize("config", [b"{}", b'{"rootfs": null, "config": null, "history": null, "created": null}'])
def test_a_config_that_says_nothing_can_be_inspected_all_the_same(kit: Kit, config: bytes) -> None:
    kit.depot.add("lab/app:1", layer(), config=config)
    kit.pull()
    assert kit.store.inspect("lab/app", "1")["RootFS"]["Layers"] == []
    assert kit.store.history("lab/app", "1") == []
    assert len(kit.store.layers("lab/app", "1")) == 1


def test_a_config_of_gigabytes_is_never_fetched(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer())
    resolved = kit.depot.resolve(request(), None, Cancellation())
    assert isinstance(resolved, ResolvedOci)
    large = replace(resolved, config=replace(held.config, size=3 << 30))
    with pytest.raises(InvalidAnswer, match=r"a config of 3,221,225,472 bytes is too large"):
        kit.pull(resolved=large)
    assert kit.depot.opened == []


def test_too_little_space_is_said_before_anything_is_fetched(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer(100_000))
    kit.free = 50_000
    with pytest.raises(StorageFailure, match=r"^lab/app:1 needs 0\.1 MB, but only 0\.1 MB|0\.0 MB"):
        kit.pull()
    assert kit.depot.opened == []
    assert list(kit.blobs.all()) == []


def test_space_is_needed_only_for_what_must_still_come(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(100_000))
    (big,) = held.layers
    kit.blobs.partial(f"sha256-{big.digest.hex}").write_bytes(kit.depot.contents[big.digest][:90_000])
    kit.free = 20_000
    kit.pull()
    assert (big.digest, 90_000) in kit.depot.opened


def test_manifests_that_a_clean_up_took_in_between_are_fetched_again_by_digest(kit: Kit) -> None:
    """As after a restart: the download was pinned, and somebody cleaned up before it went on."""
    kit.depot.add("lab/app:1", layer())
    resolved = kit.depot.resolve(request(), None, Cancellation())
    assert isinstance(resolved, ResolvedOci)
    kit.collector.sweep()
    kit.depot.asked.clear()
    kit.pull(resolved=resolved)
    assert kit.depot.asked == [f"GET lab/app@{resolved.root.digest}"]
    assert kit.names() == ["lab/app:1"]


def test_a_failing_layer_leaves_nothing_visible_and_the_next_pull_goes_on(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    good = kit.depot.contents[held.layers[1].digest]
    kit.depot.contents[held.layers[1].digest] = bytes(len(good))
    gate = kit.held(held.layers[1].digest)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(kit.pull)
        wait_until(lambda: kit.blobs.has(held.config.digest))
        gate.set()
        with pytest.raises(DepotError, match="digest"):
            running.result(60)
    assert kit.names() == []
    kit.depot.contents[held.layers[1].digest] = good
    kit.depot.opened.clear()
    kit.pull()
    opened = {digest for digest, _ in kit.depot.opened}
    assert held.layers[1].digest in opened
    assert held.config.digest not in opened, "what has landed is not fetched again"
    assert kit.names() == ["lab/app:1"]
    assert kit.blobs.leased() == frozenset()


def test_questions_are_repeated_with_retry_policy_and_answers_that_cannot_change_are_not(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer())
    kit.depot.errors = [ConnectionBroken("x"), ConnectionBroken("y")]
    kit.pull()
    assert kit.depot.asked == ["HEAD lab/app:1"] * 3 + ["GET lab/app:1"]
    kit.depot.asked.clear()
    with pytest.raises(UpstreamNotFound):
        kit.pull(request("lab/absent"))
    assert kit.depot.asked == ["HEAD lab/absent:1"]


def test_whoever_cancels_before_the_image_is_named_gets_none(kit: Kit) -> None:
    kit.depot.add("lab/app:1", layer())
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        kit.pipeline.run(request(), Progress(), cancellation, on_resolved=lambda _: cancellation.cancel())
    assert kit.names() == []


def test_progress_is_exact_and_total_from_the_first_blob_on(kit: Kit) -> None:
    held = kit.depot.add("lab/app:1", layer(1000, 1), layer(1000, 2))
    kit.pull()
    other = kit.depot.add("lab/other:1", layer(1000, 1), layer(1000, 3))
    progress = Progress()
    kit.pipeline.run(request("lab/other"), progress, Cancellation())
    assert progress.sized
    assert progress.status is DownloadStatus.INSTALLING
    parts = {part.key: part for part in progress.snapshot()}
    assert sum(part.bytes for part in parts.values()) == sum(x.size for x in (other.config, *other.layers))
    assert parts[f"sha256-{held.layers[0].digest.hex}"].status is PartStatus.SHARED
    assert parts[f"sha256-{other.layers[1].digest.hex}"].status is PartStatus.DONE


def test_sentences_name_the_image_and_the_registry_once(kit: Kit) -> None:
    say = kit.pipeline.sentence
    assert say(request(), DepotError("it broke")) == "lab/app:1 from Docker Hub: it broke"
    assert say(request("ghcr.io/a/b"), DepotError("it broke")) == "ghcr.io/a/b:1 from ghcr.io: it broke"
    assert say(request(), DepotError("lab/app:1: no")) == "lab/app:1: no"


class LateEngine(EmbeddedOciStore):
    """A store that comes up later than we do."""

    away = 0

    def images(self) -> Sequence[InstalledImage]:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the engine does not answer")
        return super().images()


def test_what_was_begun_before_a_restart_waits_for_the_engine_and_what_is_new_does_not(tmp_path: Path) -> None:
    kit = Kit(tmp_path, make=LateEngine)
    kit.depot.add("lab/app:1", layer())
    resolved = kit.depot.resolve(request(), None, Cancellation())
    retry_policy = RetryPolicy(first_wait=0.001, longest_wait=0.002, lost_network=30)
    pipeline = kit.pipeline_into(kit.store, retry_policy)
    assert isinstance(kit.store, LateEngine)
    kit.store.away = 3
    with pytest.raises(StoreUnavailable) as refused:
        pipeline.run(request(), Progress(), Cancellation())
    assert pipeline.sentence(request(), refused.value) == "lab/app:1: the engine does not answer"
    assert pipeline.run(request(), Progress(), Cancellation(), resolved).changed
    assert kit.names() == ["lab/app:1"]


def test_an_engine_that_breaks_off_each_load_is_given_up(tmp_path: Path) -> None:
    kit = Kit(tmp_path / "data")
    kit.depot.add("lab/app:1", layer(9000))
    patient = RetryPolicy(first_wait=0.001, longest_wait=0.002)
    with BreakingEngine(tmp_path) as engine:
        store = DockerEngineStore(EngineClient(engine.address), tmp_path / "engine.json")
        pipeline = kit.pipeline_into(store, patient)
        with pytest.raises(UpstreamError, match=r"^lab/app:1: the engine breaks off while loading this image$"):
            pipeline.run(request(), Progress(), Cancellation())
        assert engine.loads == 3
        store.close()
