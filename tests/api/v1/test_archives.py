"""Images as archives over HTTP: what engines make of them, ranges, and what is refused."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.ground.engines import DOCKER, Dockerd, Lxd
from tests.ground.images import push_image, random_layer, runnable_layer, zstd_layer
from tests.ground.registry import DockerRegistry
from tests.stores.lxc_shapes import install_split

ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Iterator[Face]:
    """Five images: OCI and Docker manifests, zstd, two layers, and the name of another registry."""
    url = docker_registry.url
    push_image(url, "lab/oci", "1", [runnable_layer()])
    push_image(url, "lab/schema2", "1", [runnable_layer(), random_layer(70_000)], schema2=True)
    push_image(url, "lab/zstd", "1", [zstd_layer(runnable_layer())], layer_type=ZSTD_LAYER)
    push_image(url, "lab/twice", "1", [runnable_layer(), random_layer(9), runnable_layer()])
    push_image(url, "lab/big", "1", [runnable_layer(), random_layer(5_000_000)])
    with Face(tmp_path_factory.mktemp("depot"), registry_url=docker_registry.url, hub_url="http://127.0.0.1:9") as face:
        for name in ("oci", "schema2", "zstd", "twice", "big"):
            assert face.download(f"dockerhub/docker/lab/{name}/1")["status"] == "done"
        yield face


def exported(depot: Face, name: str, query: str = "") -> bytes:
    answered = depot.call("GET", f"/image/docker/lab/{name}/1/export{query}")
    assert answered.status == 200, answered.content[:500]
    assert answered.headers["content-type"] == "application/x-tar"
    assert int(answered.headers["content-length"]) == len(answered.content)
    return answered.content


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["oci", "schema2", "zstd", "twice", "big"])
def test_docker_loads_and_runs_what_is_exported(depot: Face, dockerd: Dockerd, name: str) -> None:
    loaded = subprocess.run(
        [DOCKER, "-H", dockerd.address, "load"], input=exported(depot, name), capture_output=True, timeout=120
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.decode().strip() == f"Loaded image: lab/{name}:1"
    try:
        assert dockerd("run", "--rm", "--network=none", f"lab/{name}:1", "/bin/echo", "it runs") == "it runs"
        assert depot.get(f"/image/docker/lab/{name}/1/inspect")["Id"] == dockerd(
            "image", "inspect", "--format", "{{.Id}}", f"lab/{name}:1"
        )
    finally:
        dockerd("rmi", f"lab/{name}:1")


def test_an_oci_archive_keeps_the_digest_and_every_blob(depot: Face, tmp_path: Path) -> None:
    archive = tmp_path / "zstd.tar"
    archive.write_bytes(exported(depot, "zstd", "?format=oci-archive"))
    shown = subprocess.run(
        ["skopeo", "inspect", f"oci-archive:{archive}:docker.io/lab/zstd:1"], capture_output=True, check=True
    )
    row = next(each for each in depot.get("/image/?from=local")["results"] if each["name"] == "lab/zstd")
    assert json.loads(shown.stdout)["Digest"] == row["digests"][0]
    assert any(content.startswith(b"\x28\xb5\x2f\xfd") for content in members(archive.read_bytes()).values())


def test_an_lxc_image_is_one_file_of_which_any_part_can_be_had(depot: Face, lxd: Lxd, tmp_path: Path) -> None:
    install_split(depot.services.blobs, depot.services.stores.embedded_lxc, "debian/bookworm")
    path = "/image/lxc/debian/bookworm/latest/export"
    whole = depot.call("GET", path)
    assert (whole.status, int(whole.headers["content-length"])) == (200, len(whole.content))
    assert whole.headers["content-disposition"] == 'attachment; filename="debian_bookworm.tar"'
    rest = depot.call("GET", path, headers={"Range": "bytes=70001-", "If-Range": whole.headers["etag"]})
    assert (rest.status, rest.content) == (206, whole.content[70_001:])
    archive = tmp_path / "bookworm.tar"
    archive.write_bytes(whole.content)
    lxd("image", "import", str(archive), "--alias", "saved")
    assert "Architecture: x86_64" in lxd("image", "info", "saved")
    lxd("image", "delete", "saved")


def test_several_images_share_their_layers_in_one_file(depot: Face) -> None:
    answered = depot.call("GET", "/images/export?name=lab/oci:1&name=lab/big:1&name=lab/oci:1")
    assert 'filename="images.tar"' in answered.headers["content-disposition"]
    found = members(answered.content)
    listed = json.loads(found["manifest.json"])
    assert [each["RepoTags"] for each in listed] == [["docker.io/lab/oci:1"], ["docker.io/lab/big:1"]]
    assert len([name for name in found if name.endswith(".tar")]) == 2


def test_a_download_that_broke_off_goes_on_where_it_stopped(depot: Face) -> None:
    whole = exported(depot, "zstd")
    first = depot.call("HEAD", "/image/docker/lab/zstd/1/export")
    assert (first.status, first.content) == (200, b"")
    assert first.headers["content-length"] == str(len(whole))
    etag = first.headers["etag"]
    rest = depot.call("GET", "/image/docker/lab/zstd/1/export", headers={"Range": "bytes=1000000-", "If-Range": etag})
    assert rest.status == 206
    assert rest.headers["content-range"] == f"bytes 1000000-{len(whole) - 1}/{len(whole)}"
    assert rest.content == whole[1_000_000:]
    other = depot.call("GET", "/image/docker/lab/zstd/1/export", headers={"Range": "bytes=5-", "If-Range": '"x"'})
    assert (other.status, len(other.content)) == (200, len(whole))
    beyond = depot.call("GET", "/image/docker/lab/zstd/1/export", headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_a_client_that_leaves_in_the_middle_leaves_no_lease(depot: Face) -> None:
    with depot.opened("GET", "/image/docker/lab/big/1/export") as exchange:
        assert exchange.status == 200
        exchange.leave()
    limit = time.monotonic() + 30
    while depot.services.blobs.leased():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/image/docker/lab/absent/1/export", 404, "Image not found: lab/absent:1"),
        ("/image/docker/lab/oci/1/export?format=zip", 400, "Unknown format 'zip'"),
        ("/image/lxc/debian/latest/export?format=oci-archive", 400, "An LXC image is saved in one format"),
        ("/images/export", 400, "Name 1 to 100 images"),
        ("/images/export?name=lab/oci:1&name=lab/absent", 404, "Image not found: lab/absent:latest"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(depot: Face, path: str, status: int, says: str) -> None:
    refused = depot.call("GET", path)
    assert refused.status == status
    assert says in refused.message


def test_a_damaged_blob_is_told_before_the_first_byte(depot: Face) -> None:
    layer = depot.get("/image/docker/lab/big/1/layers")["layers"][-1]["digest"]
    path = depot.services.blobs.local_path(Digest.parse(layer))
    assert path is not None
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    try:
        refused = depot.call("GET", "/image/docker/lab/big/1/export")
    finally:
        path.write_bytes(content)
    assert refused.status == 507
    assert "its manifest promises" in refused.message
