"""LXC images from a catalog to a container, by the service and the command line as people use them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.ground.engines import Lxd
from tests.ground.needs import require, require_root
from tests.service.lxc_mirror import Mirror
from tests.stores.lxc_shapes import shapes

TARBALLS = ("unified", "container", "nested", "bare")


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    """Serves a tarball of every shape without a word on its bytes, and a simplestreams server's images."""
    require("mksquashfs")
    with Mirror() as mirror:
        rows = [
            {
                "displayName": f"Lab {shape}",
                "name": f"lab-{shape}",
                "version": "latest",
                "arch": "amd64",
                "icon": "",
                "location": mirror.put(f"lab-{shape}.tar.gz", shapes()[shape][0]),
                "description": f"An image of the shape {shape}",
                "type": "lxc",
                "repository": "qnap",
            }
            for shape in TARBALLS
        ]
        mirror.put("list.json", json.dumps(rows).encode())
        _simplestreams(mirror)
        yield mirror


@pytest.fixture(scope="module")
def service(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    catalogs = f"{mirror.url}/list.json,{mirror.url}"
    with Service(tmp_path_factory.mktemp("lxc") / "data", catalogs=catalogs, platform="linux/amd64") as service:
        yield service


@pytest.mark.parametrize("shape", TARBALLS)
def test_a_container_is_made_of_a_downloaded_tarball(service: Service, tmp_path: Path, shape: str) -> None:
    require("lxc-create")
    require_root("make containers")
    name = f"lab-{shape}"
    row = service.download(name, depot="appcenter", kind="lxc")
    assert (row["status"], row["error"]) == ("done", None)
    local = next(row for row in service.get("/image/?from=local&type=lxc")["results"] if row["name"] == name)
    assert (local["size"], local["verified"]) == (len(shapes()[shape][0]), False)
    _create(tmp_path, service.command("lxc-files", name).stdout)


def test_a_container_is_made_of_an_image_servers_image(service: Service, tmp_path: Path) -> None:
    require("lxc-create")
    require_root("make containers")
    service.command("pull", "--type", "lxc", "lab/1")
    answer = service.get("/image/lxc/lab/1/latest/inspect")
    assert answer["Fingerprint"] == Digest.of(b"".join(shapes()["squashfs"])).hex
    assert (answer["verified"], answer["Architecture"]) == (True, "amd64")
    _create(tmp_path, service.command("lxc-files", "lab/1").stdout)


def test_the_files_are_given_without_a_service_too(service: Service) -> None:
    service.download("lab-bare", depot="appcenter", kind="lxc")
    before = service.command("lxc-files", "lab-bare").stdout
    assert service.stop() == 0
    try:
        assert service.command("lxc-files", "lab-bare").stdout == before
    finally:
        service.start()


def test_what_is_not_there_is_one_sentence(service: Service) -> None:
    done = service.command("lxc-files", "lab-absent", check=False)
    assert done.returncode != 0
    assert "Image not found: lab-absent" in done.stderr
    assert "Traceback" not in done.stderr


def test_removing_gives_the_space_back(service: Service) -> None:
    service.download("lab-bare", depot="appcenter", kind="lxc")
    files = service.command("lxc-files", "lab-bare").stdout.split()
    service.command("remove", "--type", "lxc", "lab-bare")
    assert "lab-bare" not in service.names()
    assert not any(Path(file).exists() for file in files)
    assert not (service.data / "content/blobs/sha256" / Digest.of(shapes()["bare"][0]).hex).exists()


@pytest.mark.parametrize("shape", TARBALLS)
def test_with_lxd_the_same_download_ends_in_the_daemon(mirror: Mirror, lxd: Lxd, tmp_path: Path, shape: str) -> None:
    name = f"lab-{shape}"
    settings = {"catalogs": f"{mirror.url}/list.json", "platform": "linux/amd64", "lxc": lxd.address}
    with Service(tmp_path / "data", **settings) as service:
        row = service.download(name, depot="appcenter", kind="lxc")
        assert (row["status"], row["error"]) == ("done", None)
        assert f"{name},CONTAINER" in lxd("image", "list", "--format", "csv", "--columns", "lt")
        assert service.get(f"/image/lxc/{name}/latest/inspect")["verified"] is False
        done = service.command("lxc-files", name, check=False)
        assert (done.returncode != 0, "lxc-create needs no files" in done.stderr) == (True, True)
        assert not list((service.data / "content/blobs/sha256").iterdir())
        service.command("remove", "--type", "lxc", name)
        assert name not in lxd("image", "list", "--format", "csv", "--columns", "l")


def _create(folder: Path, said: str) -> None:
    metadata, rootfs = said.splitlines()
    options = ["-P", str(folder), "-n", "box", "-t", "local", "--", "--metadata", metadata, "--fstree", rootfs]
    done = subprocess.run(["lxc-create", *options], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "box/rootfs/etc/hostname").read_text() == "box\n"


def _simplestreams(mirror: Mirror) -> None:
    metadata, root = shapes()["squashfs"]
    items = {
        "lxd.tar.xz": {
            "ftype": "lxd.tar.xz",
            "path": "images/lab/lxd.tar.xz",
            "sha256": Digest.of(metadata).hex,
            "size": len(metadata),
            "combined_squashfs_sha256": Digest.of(metadata + root).hex,
        },
        "root.squashfs": {
            "ftype": "squashfs",
            "path": "images/lab/root.squashfs",
            "sha256": Digest.of(root).hex,
            "size": len(root),
        },
    }
    product = {
        "aliases": "lab/1/default,lab/1,lab/one",
        "arch": "amd64",
        "os": "Lab",
        "release": "1",
        "release_title": "1",
        "variant": "default",
        "versions": {"20261123_13:30": {"items": items}},
    }
    datatype = {"datatype": "image-downloads", "format": "products:1.0"}
    images = {"content_id": "images", **datatype, "products": {"lab:1:amd64:default": product}}
    index = {"images": {**datatype, "path": "streams/v1/images.json", "products": ["lab:1:amd64:default"]}}
    mirror.put("streams/v1/index.json", json.dumps({"format": "index:1.0", "index": index}).encode())
    mirror.put("streams/v1/images.json", json.dumps(images).encode())
    mirror.put("images/lab/lxd.tar.xz", metadata)
    mirror.put("images/lab/root.squashfs", root)
