"""What the tables of an archive name: manifests of every shape, hostile ones among them."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from imagedepot.content.archives.archive_file import ArchiveFile
from imagedepot.content.archives.docker_images import docker_images, tags_by_config
from imagedepot.content.archives.oci_images import oci_images
from imagedepot.errors import InvalidArchive
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from tests.content.archives.test_archive_file import member, written

CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()


def described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def in_layout(content: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{Digest.of(content).hex}", content


def archive(folder: Path, *members: tuple[str, bytes]) -> ArchiveFile:
    return ArchiveFile(written(folder / "archive.tar", *(member(*each) for each in members)))


def docker_table(*rows: dict[str, Any]) -> tuple[str, bytes]:
    return "manifest.json", json.dumps(rows).encode()


@pytest.mark.parametrize("manifests", [{}, {"manifests": None}, {"manifests": []}])
def test_an_index_that_lists_nothing_has_no_images(tmp_path: Path, manifests: dict[str, Any]) -> None:
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, **manifests}
    assert oci_images(archive(tmp_path, ("index.json", json.dumps(index).encode())), {}) == []


@pytest.mark.parametrize("broken", [b"no JSON", b"[]", b'{"layers": 5, "config": {}}'])
def test_a_broken_manifest_beside_a_table_of_tags_is_a_fault_of_the_archive(tmp_path: Path, broken: bytes) -> None:
    index = {"schemaVersion": 2, "manifests": [described(OCI_MANIFEST, broken)]}
    table = docker_table({"Config": "config.json", "RepoTags": ["lab/app:1"], "Layers": []})
    file = archive(
        tmp_path, ("index.json", json.dumps(index).encode()), table, ("config.json", CONFIG), in_layout(broken)
    )
    with pytest.raises(InvalidArchive, match="the manifest is"):
        oci_images(file, tags_by_config(file))


def test_an_image_of_an_index_takes_its_names_from_the_table_of_tags(tmp_path: Path) -> None:
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described(OCI_CONFIG, CONFIG), "layers": []}
    ).encode()
    index = {"schemaVersion": 2, "manifests": [described(OCI_MANIFEST, manifest)]}
    config_name, _ = in_layout(CONFIG)
    table = docker_table({"Config": config_name, "RepoTags": ["lab/app:1"], "Layers": []})
    file = archive(tmp_path, ("index.json", json.dumps(index).encode()), table, in_layout(CONFIG), in_layout(manifest))
    assert [image.names for image in oci_images(file, tags_by_config(file))] == [("lab/app:1",)]


def test_images_that_name_one_large_config_do_not_each_keep_it(tmp_path: Path) -> None:
    config = json.dumps({**json.loads(CONFIG), "author": "a" * (1 << 20)}).encode()
    rows = [{"Config": "config.json", "RepoTags": [f"lab/app:{at}"], "Layers": []} for at in range(50)]
    file = archive(tmp_path, docker_table(*rows), ("config.json", config))
    tracemalloc.start()
    try:
        images = docker_images(file)
        for image in images:
            image.check()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10 << 20


def test_more_images_than_an_archive_has_are_refused_before_one_is_read(tmp_path: Path) -> None:
    file = archive(tmp_path, docker_table(*[{"Config": "absent.json"}] * 1001))
    with pytest.raises(InvalidArchive, match="more than 1,000 images"):
        docker_images(file)
