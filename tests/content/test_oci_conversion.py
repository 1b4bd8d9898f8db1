"""The OCI twin of a Docker manifest: the same image, in words that layouts understand."""

from __future__ import annotations

import json

import pytest

from imagedepot.content.oci_conversion import converted_manifest, oci_layer_type
from imagedepot.model.content.manifest import DOCKER_CONFIG, OCI_CONFIG, Descriptor, Manifest, parse_manifest
from imagedepot.model.digest import Digest

CONFIG = Descriptor(DOCKER_CONFIG, Digest.of(b"config"), 6)
LAYERS = tuple(
    Descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", Digest.of(content), 1) for content in (b"1", b"2")
)


def test_the_twin_names_the_same_blobs_in_oci_words() -> None:
    raw = converted_manifest(CONFIG, LAYERS)
    parsed = parse_manifest(raw, "", "twin")
    assert isinstance(parsed, Manifest)
    assert [blob.digest for blob in parsed.blobs] == [CONFIG.digest, *(layer.digest for layer in LAYERS)]
    assert parsed.config.media_type == OCI_CONFIG
    assert json.loads(raw)["schemaVersion"] == 2


def test_the_same_image_has_the_same_twin() -> None:
    assert converted_manifest(CONFIG, LAYERS) == converted_manifest(CONFIG, LAYERS)
    assert converted_manifest(CONFIG, LAYERS) != converted_manifest(CONFIG, LAYERS[::-1])


@pytest.mark.parametrize(
    ("docker", "oci"),
    [
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("application/vnd.docker.image.rootfs.diff.tar.zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
        ("application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"),
        (
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ),
        ("application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
    ],
)
def test_every_kind_of_layer_has_its_oci_name(docker: str, oci: str) -> None:
    assert oci_layer_type(docker) == oci
