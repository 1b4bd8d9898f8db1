"""The App Center of the running service: catalogs come and go, LXC images come down, icons are served from here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.image_server import ImageServer
from tests.fakes.message import Gate
from tests.fakes.web import WebServer
from tests.remote.catalogs.shelves import put_list
from tests.stores.lxc_archives import METADATA, Archive, xz

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
META = xz(Archive().file("metadata.yaml", METADATA).plain())
ROOT = xz(Archive().root().plain())


@contextmanager
def world(folder: Path) -> Iterator[tuple[Service, WebServer]]:
    """A service with two catalogs: a list with one docker image, an image server with one LXC image."""
    with WebServer() as web, Service(folder / "data", platform="linux/amd64") as service:
        images = ImageServer(web, "/mirror")
        for architecture in ("amd64", "arm64"):
            root = ROOT + architecture.encode()
            images.publish("lab/one", architecture, aliases="lab/one,lab/first", incus=META, rootxz=root)
        said = {"icon": web.put("/icon.png", PNG), "description": "Said by the catalog.", "version": "1"}
        listed = put_list(web, "/list.json", "my/image", **said)
        assert service.call("DELETE", "/catalogs?address=builtin") == (200, [])
        for address in (listed, images.url):
            service.post("/catalogs", {"address": address})
        yield service, web


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, WebServer]]:
    """For tests that leave the catalogs as they are."""
    with world(tmp_path_factory.mktemp("shared")) as parts:
        yield parts


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Service, WebServer]]:
    with world(tmp_path) as parts:
        yield parts


def appcenter(service: Service, query: str = "") -> list[tuple[str, str, bool]]:
    rows = service.get(f"/image/?from=appcenter{query}")["results"]
    return [(row["name"], row["arch"], row["installed"]) for row in rows]


def test_rows_of_every_catalog_are_one_list(shared: tuple[Service, WebServer]) -> None:
    service, _ = shared
    assert appcenter(service) == [("lab/one", "amd64", False), ("lab/one", "arm64", False), ("my/image:1", "", False)]
    assert appcenter(service, "&type=lxc&filter_text=ONE&limit=1") == [("lab/one", "amd64", False)]
    row = service.get("/image/?from=appcenter&type=docker")["results"][0]
    assert (row["title"], row["size"], row["inspect"]) == ("my/image 1", None, "")


def test_an_lxc_image_comes_down_by_an_alias_and_is_verified(own: tuple[Service, WebServer]) -> None:
    service, web = own
    row = service.download("lab/first", "whatever", "appcenter", "lxc")
    assert (row["status"], row["name"]) == ("done", "lab/one")
    (local,) = service.get("/image/?type=lxc")["results"]
    assert (local["name"], local["arch"], local["verified"]) == ("lab/one", "amd64", True)
    assert ("lab/one", "amd64", True) in appcenter(service)
    before = web.requests.count("/mirror/images/*")
    assert service.download("lab/one", depot="appcenter", kind="lxc")["status"] == "done"
    assert web.requests.count("/mirror/images/*") == before, "it is up to date"


def test_an_interrupted_lxc_image_goes_on_after_a_kill(own: tuple[Service, WebServer]) -> None:
    service, web = own
    gate = Gate()
    web.inject(delivery.hold(gate, at=len(ROOT) // 2), "*/amd64/*/rootfs.tar.xz", times=1)
    service.post("/image/appcenter/lxc/lab/one/latest/download")
    gate.wait_reached()
    service.kill()
    service.start()
    assert service.ended()["status"] == "done"
    gate.open()
    assert [local["name"] for local in service.get("/image/?type=lxc")["results"]] == ["lab/one"]


def test_an_lxc_name_that_no_catalog_has_is_refused_at_once(shared: tuple[Service, WebServer]) -> None:
    service, _ = shared
    status, answer = service.call("POST", "/image/appcenter/lxc/no/such/latest/download", {})
    assert (status, answer["error"]["message"]) == (404, "No catalog has an LXC image no/such")
    assert service.get("/image/downloadstatus") == []


def test_an_icon_is_served_from_here_and_shut_in(shared: tuple[Service, WebServer]) -> None:
    service, web = shared
    row = service.get("/image/?from=appcenter&type=docker")["results"][0]
    with urlopen(f"{service.url}{row['icon_url']}") as answer:
        assert answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert web.requests.count("/icon.png") == 1
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{service.url}/api/v1/icons/{'0' * 32}")


def test_catalogs_are_the_same_after_a_restart_with_or_without_a_service(own: tuple[Service, WebServer]) -> None:
    service, web = own
    served = json.loads(service.command("catalog", "list", "--json").stdout)
    assert [(row["format"], row["rows"], row["error"]) for row in served] == [
        ("Container Station", 1, None),
        ("simplestreams", 2, None),
    ]
    service.stop()
    web.stop()
    alone = json.loads(service.command("catalog", "list", "--json").stdout)
    assert [(row["address"], row["rows"]) for row in alone] == [(row["address"], row["rows"]) for row in served]
    service.start()
    assert [name for name, _, _ in appcenter(service)] == ["lab/one", "lab/one", "my/image:1"]


def test_the_command_line_adds_and_removes_them_too(shared: tuple[Service, WebServer]) -> None:
    service, web = shared
    address = put_list(web, "/other.json", "my/other", "NOT A NAME")
    table = service.command("catalog", "add", address).stdout.splitlines()
    assert table[-1].split()[:5] == [address, "Container", "Station", "1", "1"]
    assert "my/other" in service.command("list", "--depot", "appcenter").stdout
    service.command("catalog", "refresh")
    assert address not in service.command("catalog", "remove", address).stdout


def test_what_is_no_catalog_is_refused_in_one_sentence(shared: tuple[Service, WebServer]) -> None:
    service, web = shared
    address = web.put("/page.json", b"<html></html>")
    failed = service.command("catalog", "add", address, check=False)
    assert failed.returncode == 6
    assert f"{address}: this address returns a web page, not a catalog" in failed.stderr
    assert "Traceback" not in failed.stderr
    status, answer = service.call("POST", "/catalogs", {"address": "http://169.254.169.254/latest"})
    assert (status, "169.254.169.254" in answer["error"]["message"]) == (502, True)
