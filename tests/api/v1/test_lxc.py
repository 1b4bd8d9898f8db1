"""An LXC image from a server's list to its files, by its name and by its alias."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.fakes.image_server import ImageServer
from tests.fakes.web import WebServer
from tests.stores.lxc_shapes import shapes


@pytest.fixture
def face(tmp_path: Path, web: WebServer) -> Iterator[Face]:
    """With an image server that has Debian for two architectures."""
    metadata, root = shapes()["split"]
    server = ImageServer(web)
    for architecture in ("amd64", "arm64"):
        server.publish(
            "debian/bookworm", architecture, aliases="debian/12,debian/bookworm", incus=metadata, rootxz=root
        )
    with Face(tmp_path / "data", **NOBODY, catalogs=server.url, platform="linux/amd64") as running:
        yield running


@pytest.mark.parametrize("name", ["debian/bookworm", "debian/12", "debian%2F12"])
def test_an_image_is_brought_told_of_and_removed_by_each_of_its_names(face: Face, name: str) -> None:
    offered = face.get("/image/?from=appcenter&type=lxc")["results"]
    assert [(row["name"], row["arch"], row["installed"]) for row in offered] == [
        ("debian/bookworm", "amd64", False),
        ("debian/bookworm", "arm64", False),
    ]
    row = face.download(f"appcenter/lxc/{name}/whatever")
    assert (row["status"], row["name"], row["error"]) == ("done", "debian/bookworm", None)
    local = face.get("/image/?from=local&type=lxc")["results"]
    assert [(each["name"], each["verified"], each["arch"]) for each in local] == [("debian/bookworm", True, "amd64")]
    marked = face.get("/image/?from=appcenter&type=lxc&installed=true")["results"]
    assert [each["arch"] for each in marked] == ["amd64"]
    inspected = face.get(f"/image/lxc/{name}/latest/inspect")
    assert {"Architecture", "Created", "Os", "Size", "Fingerprint", "Properties", "verified"} <= set(inspected)
    assert inspected["Size"] == local[0]["size"]
    files = face.get(f"/image/lxc/{name}/latest/files")
    assert Path(files["metadata"]).is_file()
    assert Path(files["rootfs"]).is_file()
    assert face.get(f"/image/lxc/{name}/latest/update")["update"] is False
    made_for = {"platforms": ["linux/amd64", "linux/arm64"], "host": "linux/amd64", "fits": True}
    assert face.get(f"/image/appcenter/lxc/{name}/latest/platforms") == made_for
    space = face.get("/space")
    made = sum(Path(each).stat().st_size for each in files.values())
    assert space["used"] == space["images"][0]["own"] >= local[0]["size"] + made
    assert face.call("GET", f"/image/lxc/{name}/latest/layers").status == 400
    assert face.call("DELETE", f"/image/local/lxc/{name}").json["state"] == "success"
    assert face.get("/image/?from=local")["results"] == []
    gone = face.call("DELETE", f"/image/local/lxc/{name}")
    assert gone.message == f"Image not found: {name.replace('%2F', '/')}"


def test_docker_images_have_no_such_files(face: Face) -> None:
    assert face.call("GET", "/image/docker/redis/7/files").status == 400
