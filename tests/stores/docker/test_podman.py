"""Podman, the real one, behind the same seam as our own store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.errors import Conflict, UpstreamError
from tests.contracts.image_shapes import ImageShapes
from tests.contracts.store import StoreContract
from tests.ground.engines import Podman
from tests.ground.images import packed_layer, random_layer, runnable_layer, zstd_layer
from tests.stores.docker.test_store import kit_of
from tests.stores.kits import OciKit


@pytest.fixture
def on_podman(podman: Podman, tmp_path: Path) -> Iterator[OciKit]:
    yield from kit_of(podman, tmp_path)


class TestPodman(StoreContract):
    @pytest.fixture
    def kit(self, on_podman: OciKit) -> OciKit:
        return on_podman


class TestShapes(ImageShapes):
    @pytest.fixture
    def kit(self, on_podman: OciKit) -> OciKit:
        return on_podman


def test_layers_packed_with_zstd_are_taken(on_podman: OciKit) -> None:
    zstd = zstd_layer(random_layer(5000))
    on_podman.install("lab/zstd:1", zstd, layer_type="application/vnd.oci.image.layer.v1.tar+zstd")
    assert len(on_podman.store.layers("lab/zstd", "1")) == 1


def test_podman_lists_what_we_installed_and_runs_it(on_podman: OciKit, podman: Podman) -> None:
    on_podman.install("lab/runs:1", runnable_layer())
    assert "docker.io/lab/runs:1" in podman("images", "--format", "{{.Repository}}:{{.Tag}}")
    assert podman("create", "--network=none", "lab/runs:1", "/bin/echo", "it runs")
    podman("rm", "--all", "--force")


@pytest.mark.parametrize("schema2", [False, True], ids=["oci", "docker"])
def test_the_upstream_digest_survives_the_load(on_podman: OciKit, podman: Podman, schema2: bool) -> None:
    resolved = on_podman.install("lab/app:1", packed_layer({"own": b"1"}), schema2=schema2)
    digests = [each.removeprefix("docker.io/") for each in on_podman.store.inspect("lab/app", "1")["RepoDigests"]]
    assert f"lab/app@{resolved.root.digest}" in digests
    assert on_podman.store.images()[0].digest == resolved.root.digest


def test_a_second_image_sends_only_the_layers_that_podman_has_not(on_podman: OciKit) -> None:
    base = random_layer(2_000_000)
    on_podman.install("lab/first:1", base, packed_layer({"own": b"1"}))
    on_podman.install("lab/second:1", packed_layer({"below": b"2"}), base, packed_layer({"own": b"2"}))
    assert on_podman.sent[0] > 2_000_000
    assert on_podman.sent[1] < 10_000
    assert len(on_podman.store.layers("lab/second", "1")) == 3


def test_a_base_that_left_meanwhile_is_a_clean_error_and_then_sent(on_podman: OciKit) -> None:
    base, own = random_layer(5000), packed_layer({"own": b"2"})
    on_podman.install("lab/first:1", base, packed_layer({"own": b"1"}))
    resolved, config = on_podman.resolved("lab/second:1", base, own)
    lacking = on_podman.store.lacking(resolved, config)
    on_podman.store.remove("lab/first", None)
    with pytest.raises(UpstreamError, match=r"^lab/second:1: the engine"):
        on_podman.give(resolved, lacking)
    on_podman.give(resolved, on_podman.store.lacking(resolved, config))
    assert [image.name for image in on_podman.store.images()] == ["lab/second"]


def test_an_image_by_digest_is_listed_with_its_digest(on_podman: OciKit) -> None:
    digest = "sha256:" + "ab" * 32
    on_podman.install(f"lab/pinned@{digest}", packed_layer({"own": b"pinned"}))
    assert [(image.name, image.tag) for image in on_podman.store.images()] == [("lab/pinned", digest)]
    on_podman.store.remove("lab/pinned", digest)
    assert on_podman.store.images() == ()


def test_an_image_that_a_container_uses_stays(on_podman: OciKit, podman: Podman) -> None:
    on_podman.install("lab/used:1", runnable_layer())
    podman("create", "--network=none", "--name", "user", "lab/used:1", "/bin/sh")
    try:
        with pytest.raises(Conflict, match="in use by a container"):
            on_podman.store.remove("lab/used", None)
        assert [image.name for image in on_podman.store.images()] == ["lab/used"]
    finally:
        podman("rm", "--force", "user")
