"""Docker Engine, the real one, behind the same seam as our own store."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, Conflict, ImageNotFound, InvalidAnswer, StoreUnavailable, UpstreamError
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.stores.docker.client import EngineClient
from imagedepot.stores.docker.store import DockerEngineStore
from tests.contracts.image_shapes import ImageShapes
from tests.contracts.store import StoreContract
from tests.fakes.message import Gate
from tests.ground.engines import Dockerd, Engine
from tests.ground.images import packed_layer, random_layer, runnable_layer, zstd_layer
from tests.ground.waiting import wait_until
from tests.remote.silent import Silent
from tests.stores.kits import OciKit


def kit_of(engine: Engine, folder: Path) -> Iterator[OciKit]:
    store = DockerEngineStore(EngineClient(engine.address), folder / "engine.json")
    store.start()
    assert store.absence(120) is None  # a busy machine may take longer than those who ask wait for a first look
    yield OciKit(folder, lambda _: store)
    for image in store.images():
        store.remove(image.name, image.tag)
    store.close()


@pytest.fixture
def on_docker(dockerd: Dockerd, tmp_path: Path) -> Iterator[OciKit]:
    yield from kit_of(dockerd, tmp_path)


class TestDocker(StoreContract):
    @pytest.fixture
    def kit(self, on_docker: OciKit) -> OciKit:
        return on_docker


def test_a_container_starts_from_what_we_installed(on_docker: OciKit, dockerd: Dockerd) -> None:
    on_docker.install("lab/runs:1", runnable_layer())
    assert dockerd("run", "--rm", "--network=none", "lab/runs:1", "/bin/echo", "it runs") == "it runs"


def test_a_second_image_on_the_same_base_sends_only_its_own_layer(on_docker: OciKit) -> None:
    base = random_layer(2_000_000)
    on_docker.install("lab/first:1", base, packed_layer({"own": b"1"}))
    on_docker.install("lab/second:1", base, packed_layer({"own": b"2"}))
    assert on_docker.sent[0] > 2_000_000
    assert on_docker.sent[1] < 5_000


def test_a_base_that_left_meanwhile_is_a_clean_error_and_then_sent(on_docker: OciKit) -> None:
    base, own = random_layer(5000), packed_layer({"own": b"2"})
    on_docker.install("lab/first:1", base, packed_layer({"own": b"1"}))
    resolved, config = on_docker.resolved("lab/second:1", base, own)
    lacking = on_docker.store.lacking(resolved, config)
    on_docker.store.remove("lab/first", None)
    with pytest.raises(UpstreamError, match=r"^lab/second:1: the engine refused it"):
        on_docker.give(resolved, lacking)
    assert on_docker.store.images() == ()
    assert (len(lacking), len(on_docker.store.lacking(resolved, config))) == (1, 2)
    on_docker.give(resolved, on_docker.store.lacking(resolved, config))
    assert [image.name for image in on_docker.store.images()] == ["lab/second"]


def test_how_an_image_was_built_is_reported_oldest_step_first(on_docker: OciKit) -> None:
    on_docker.install("lab/app:1", packed_layer({"a": b"1"}), packed_layer({"b": b"2"}))
    history = on_docker.store.history("lab/app", "1")
    assert [step["created_by"] for step in history] == ["COPY 0", "COPY 1"]
    assert len(on_docker.store.layers("lab/app", "1")) == 2


def test_the_upstream_digest_survives_the_load(on_docker: OciKit) -> None:
    resolved = on_docker.install("lab/app:1", packed_layer({"own": b"1"}))
    assert on_docker.store.inspect("lab/app", "1")["RepoDigests"] == [f"lab/app@{resolved.root.digest}"]
    assert isinstance(on_docker.store, DockerEngineStore)
    again = DockerEngineStore(EngineClient(on_docker.store.address), on_docker.folder / "engine.json")
    assert again.images()[0].digest == resolved.root.digest
    again.close()


def test_an_image_by_digest_is_listed_with_its_digest(on_docker: OciKit) -> None:
    digest = "sha256:" + "ab" * 32
    on_docker.install(f"lab/pinned@{digest}", packed_layer({"own": b"pinned"}))
    assert [(image.name, image.tag) for image in on_docker.store.images()] == [("lab/pinned", digest)]
    on_docker.store.remove("lab/pinned", digest)
    assert on_docker.store.images() == ()


@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
def test_an_image_that_a_container_uses_stays_with_all_its_tags(
    on_docker: OciKit, dockerd: Dockerd, running: bool
) -> None:
    on_docker.install("lab/used:1", runnable_layer())
    on_docker.install("lab/used:2", runnable_layer(), packed_layer({"own": b"2"}))
    with used_by(dockerd, "lab/used:1", running):
        with pytest.raises(Conflict) as refused:
            on_docker.store.remove("lab/used", None)
        assert [image.tag for image in on_docker.store.images()] == ["1", "2"]
        theirs = dockerd.run("rmi", "lab/used:1", check=False).stderr
        assert str(refused.value) == theirs.rpartition("daemon: ")[2].strip()


def test_one_of_several_tags_of_an_image_in_use_stays_too(on_docker: OciKit, dockerd: Dockerd) -> None:
    on_docker.install("lab/used:1", runnable_layer())
    dockerd("tag", "lab/used:1", "lab/used:2")
    with used_by(dockerd, "lab/used:1", running=False) as container:
        with pytest.raises(Conflict, match=rf'^conflict: .*"lab/used:2" .*container {container} is using'):
            on_docker.store.remove("lab/used", "2")
        assert [image.tag for image in on_docker.store.images()] == ["1", "2"]


@contextmanager
def used_by(dockerd: Dockerd, image: str, running: bool) -> Iterator[str]:
    """A container made from this image; its short id."""
    command = ["run", "-d"] if running else ["create"]
    container = dockerd(*command, "--network=none", image, "/bin/busybox", "sleep", "60")
    try:
        yield container[:12]
    finally:
        dockerd("rm", "-f", container)


def test_what_others_do_to_the_engine_is_seen_without_asking(on_docker: OciKit, dockerd: Dockerd) -> None:
    on_docker.install("lab/app:1", packed_layer({"own": b"1"}))
    seen: list[list[str]] = []

    def look() -> None:
        seen.append([f"{image.name}:{image.tag}" for image in on_docker.store.images()])

    with on_docker.store.watch(look):
        dockerd("tag", "lab/app:1", "other/name:9")
        wait_until(lambda: ["lab/app:1", "other/name:9"] in seen)
        dockerd("rmi", "other/name:9")
        wait_until(lambda: seen[-1] == ["lab/app:1"])


def test_an_engine_that_is_away_is_said_to_be_and_comes_back_by_itself(tmp_path: Path, dockerd: Dockerd) -> None:
    kits = kit_of(dockerd, tmp_path)
    kit = next(kits)
    kit.install("lab/app:1", packed_layer({"own": b"1"}))
    dockerd.stop()
    try:
        wait_until(lambda: is_away(kit))
    finally:
        dockerd.start()
    wait_until(lambda: not is_away(kit))
    assert [image.name for image in kit.store.images()] == ["lab/app"]
    next(kits, None)


def test_an_engine_that_stands_still_in_the_middle_keeps_nobody_who_cancels(
    on_docker: OciKit, dockerd: Dockerd
) -> None:
    resolved, _ = on_docker.resolved("lab/app:1", random_layer(2_000_000))
    stands, cancellation = threading.Event(), Cancellation()

    def freeze(done: int, total: int) -> None:
        if not stands.is_set():
            dockerd.freeze()
            stands.set()

    def install() -> None:
        request = ImageRequest(DOCKERHUB, ImageType.DOCKER, "lab/app", "1")
        files = [resolved.config.digest, *(layer.digest for layer in resolved.layers)]
        on_docker.store.install(request, resolved, on_docker.blobs, files, freeze, cancellation)

    with ThreadPoolExecutor(1) as pool:
        try:
            installing = pool.submit(install)
            assert stands.wait(30)
            cancellation.cancel()
            with pytest.raises(Cancelled):
                installing.result(60)
        finally:
            dockerd.thaw()
    assert on_docker.store.images() == ()


def test_an_engine_over_the_network_keeps_nobody_who_cancels_either() -> None:
    gate, cancellation = Gate(), Cancellation()
    with Silent(gate) as engine, ThreadPoolExecutor(1) as pool:
        client = EngineClient(engine.url.replace("http", "tcp"))
        loading = pool.submit(lambda: client.load([b""], "lab/app:1", cancellation))
        gate.wait_reached()
        cancellation.cancel()
        with pytest.raises(Cancelled):
            loading.result(60)


class TestShapes(ImageShapes):
    @pytest.fixture
    def kit(self, on_docker: OciKit) -> OciKit:
        return on_docker


def test_layers_that_this_version_cannot_read_are_named(on_docker: OciKit) -> None:
    """Debian's Docker is of version 20.10."""
    zstd = zstd_layer(random_layer(5000))
    with pytest.raises(
        UpstreamError, match=r"packed with zstd, which Docker 20\.10\S* does not read \(version 23 does\)$"
    ):
        on_docker.install("lab/zstd:1", zstd, layer_type="application/vnd.oci.image.layer.v1.tar+zstd")
    with pytest.raises(UpstreamError, match="packed with zstd"):
        on_docker.install("lab/zstd:2", zstd, layer_type="")
    assert on_docker.store.images() == ()


def test_another_refusal_blames_no_packing(on_docker: OciKit) -> None:
    with pytest.raises(UpstreamError) as refused:
        on_docker.install("lab/broken:1", packed_layer({"a": b"1"}), changed={"rootfs": None})
    assert "zstd" not in str(refused.value)


def test_a_config_that_does_not_describe_the_layers_is_refused_before_they_are_fetched(on_docker: OciKit) -> None:
    resolved, config = on_docker.resolved(
        "lab/app:1", packed_layer({"a": b"1"}), changed={"rootfs": {"type": "layers"}}
    )
    with pytest.raises(
        InvalidAnswer, match=r"^lab/app:1: its config describes 0 layers and its manifest 1, and Docker"
    ):
        on_docker.store.lacking(resolved, config)


def is_away(kit: OciKit) -> bool:
    try:
        kit.store.images()
    except StoreUnavailable as error:
        assert "does not answer" in str(error)
        return True
    return False


def test_what_the_engine_saves_it_loads_again(on_docker: OciKit, dockerd: Dockerd) -> None:
    on_docker.install("lab/runs:1", runnable_layer())
    with on_docker.store.archive([("lab/runs", "1")], ArchiveFormat.DOCKER) as archive:
        assert archive.size is None
        content = b"".join(archive.chunks())
    on_docker.store.remove("lab/runs", "1")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        listed = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert listed[0]["RepoTags"] == ["lab/runs:1"]


def test_the_engine_gives_no_oci_archive(on_docker: OciKit) -> None:
    on_docker.install("lab/runs:1", runnable_layer())
    refused = pytest.raises(Conflict, match=r"^lab/runs:1 lives in docker, which gives a docker-archive and no other$")
    with refused, on_docker.store.archive([("lab/runs", "1")], ArchiveFormat.OCI):
        pass
    absent = pytest.raises(ImageNotFound, match="lab/absent:1")
    with absent, on_docker.store.archive([("lab/absent", "1")], ArchiveFormat.DOCKER):
        pass
