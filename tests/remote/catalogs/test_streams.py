from __future__ import annotations

import json
from typing import Any

import pytest

from imagedepot.model.image import RemoteFile
from imagedepot.remote.catalogs.entry import Entry, Parsed
from imagedepot.remote.catalogs.streams import parse_products, product_paths
from tests.fakes.image_server import PRODUCTS, ImageServer
from tests.fakes.web import WebServer


@pytest.fixture
def images(web: WebServer) -> ImageServer:
    return ImageServer(web)


def parse(images: ImageServer) -> Parsed:
    images.write()
    return parse_products([json.loads(images.server.files[f"{images.prefix}{PRODUCTS}"])], images.url)


def only(images: ImageServer) -> Entry:
    parsed = parse(images)
    assert (len(parsed.entries), parsed.skipped) == (1, 0)
    return parsed.entries[0]


def files(entry: Entry) -> tuple[RemoteFile, ...]:
    assert entry.files is not None
    return entry.files.files


def test_a_product_is_named_by_system_release_and_variant(images: ImageServer) -> None:
    images.publish("debian/bookworm", incus=b"meta", rootxz=b"root")
    images.publish("debian/bookworm/cloud", incus=b"meta", rootxz=b"root")
    images.publish("debian/bookworm", "arm64", incus=b"meta", rootxz=b"root")
    named = [(entry.name, entry.architecture, entry.row_title) for entry in parse(images).entries]
    assert named == [
        ("debian/bookworm", "amd64", "Debian bookworm"),
        ("debian/bookworm/cloud", "amd64", "Debian bookworm cloud"),
        ("debian/bookworm", "arm64", "Debian bookworm"),
    ]


def test_metadata_and_root_are_pinned_with_their_fingerprint(images: ImageServer) -> None:
    items = images.publish(incus=b"meta", rootxz=b"root!", squashfs=b"squash")
    entry = only(images)
    assert [(file.url, file.size) for file in files(entry)] == [
        (f"{images.url}/images/debian/bookworm/amd64/default/20261123_13:30/incus.tar.xz", 4),
        (f"{images.url}/images/debian/bookworm/amd64/default/20261123_13:30/rootfs.tar.xz", 5),
    ]
    assert [file.sha256.hex for file in files(entry) if file.sha256] == [
        items["incus"]["sha256"],
        items["rootxz"]["sha256"],
    ]
    assert entry.files is not None
    assert entry.files.fingerprint == items["incus"]["combined_rootxz_sha256"]
    assert entry.files.created is not None
    assert entry.files.created.isoformat() == "2026-11-23T13:30:00+00:00"
    assert entry.files.properties["serial"] == "20261123_13:30"
    assert entry.size == "9"


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ({"lxd": b"m", "rootxz": b"r"}, ["lxd.tar.xz", "rootfs.tar.xz"]),
        ({"lxd": b"m", "incus": b"m", "rootxz": b"r", "combined": b"c"}, ["incus.tar.xz", "rootfs.tar.xz"]),
        ({"incus": b"m", "squashfs": b"s", "combined": b"c"}, ["incus_combined.tar.gz"]),
        ({"incus": b"m", "squashfs": b"s", "qcow2": b"q"}, ["incus.tar.xz", "rootfs.squashfs"]),
    ],
)
def test_what_lxc_can_use_best_is_taken(images: ImageServer, offered: dict[str, bytes], taken: list[str]) -> None:
    images.publish("debian/bookworm", "amd64", "20261123", "", **offered)
    assert [file.url.rpartition("/")[2] for file in files(only(images))] == taken


def test_the_fingerprint_of_a_squashfs_is_its_own(images: ImageServer) -> None:
    items = images.publish(incus=b"m", squashfs=b"s")
    entry = only(images)
    assert entry.files is not None
    assert entry.files.fingerprint == items["incus"]["combined_squashfs_sha256"]


def test_the_old_name_of_the_fingerprint_is_known_too(images: ImageServer) -> None:
    items = images.publish(lxd=b"m", rootxz=b"r")
    items["lxd"]["combined_sha256"] = items["lxd"].pop("combined_rootxz_sha256")
    entry = only(images)
    assert entry.files is not None
    assert entry.files.fingerprint == items["lxd"]["combined_sha256"]


@pytest.mark.parametrize(
    "serials",
    [
        ("20260101.9", "20260101.10"),
        ("20260101.10", "20260102.1"),
        ("20260101_13:30", "20260101_13:31"),
        ("202601012359", "20260102"),
        ("20260101", "20260101.1"),
        ("20260101.2", "20260101.2-rc1"),
    ],
)
def test_the_newest_version_is_the_one_that_people_would_take(images: ImageServer, serials: tuple[str, str]) -> None:
    for serial in reversed(serials):
        images.publish(serial=serial, incus=b"m", rootxz=serial.encode())
    entry = only(images)
    assert entry.files is not None
    assert entry.files.properties["serial"] == serials[1]


def test_the_greatest_dated_version_counts(images: ImageServer) -> None:
    for serial in ("20261101_05:24", "20261123_05:24", "zzz-not-a-date"):
        images.publish(serial=serial, incus=b"m", rootxz=serial.encode())
    assert "20261123_05:24" in files(only(images))[0].url


def test_a_broken_newest_version_gives_way_to_the_one_before(images: ImageServer) -> None:
    images.publish(serial="20261101", incus=b"m", rootxz=b"r")
    items = images.publish(serial="20261102", incus=b"m", rootxz=b"r")
    del items["rootxz"]["sha256"]
    assert "20261101" in files(only(images))[0].url


def test_aliases_are_names_too_and_short_ones_also_with_their_system(images: ImageServer) -> None:
    images.publish("ubuntu/noble", aliases="24.04,noble, ubuntu/noble,no alias!", incus=b"m", rootxz=b"r")
    assert set(only(images).aliases) == {"24.04", "noble", "ubuntu/24.04"}


def test_virtual_machines_are_left_out(images: ImageServer) -> None:
    images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    images.publish("debian/sid", incus=b"m", qcow2=b"q")
    parsed = parse(images)
    assert ([entry.name for entry in parsed.entries], parsed.left_out) == (["debian/bookworm"], 1)


def spoil_arch(product: dict[str, Any], item: dict[str, Any]) -> None:
    product["arch"] = 7


def spoil_os(product: dict[str, Any], item: dict[str, Any]) -> None:
    del product["os"]


def spoil_release(product: dict[str, Any], item: dict[str, Any]) -> None:
    product["release"] = "../.."


def spoil_versions(product: dict[str, Any], item: dict[str, Any]) -> None:
    product["versions"] = []


def spoil_path(product: dict[str, Any], item: dict[str, Any]) -> None:
    item["path"] = "../../etc/passwd"


def spoil_host(product: dict[str, Any], item: dict[str, Any]) -> None:
    item["path"] = "https://elsewhere.example/x"


def spoil_root(product: dict[str, Any], item: dict[str, Any]) -> None:
    item["path"] = "//elsewhere.example/x"


def spoil_checksum(product: dict[str, Any], item: dict[str, Any]) -> None:
    item["sha256"] = "short"


@pytest.mark.parametrize(
    "spoil",
    [spoil_arch, spoil_os, spoil_release, spoil_versions, spoil_path, spoil_host, spoil_root, spoil_checksum],
)
def test_a_bad_product_is_counted_and_spoils_nothing(images: ImageServer, spoil: Any) -> None:
    images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    items = images.publish("alpine/edge", incus=b"m", rootxz=b"r")
    spoil(images.products["alpine:edge:amd64:default"], items["incus"])
    parsed = parse(images)
    assert ([entry.name for entry in parsed.entries], parsed.skipped) == (["debian/bookworm"], 1)


def test_an_index_names_the_lists_of_images_within_the_server() -> None:
    def entry(path: object, datatype: str = "image-downloads") -> dict[str, object]:
        return {"datatype": datatype, "path": path}

    paths = ["streams/v1/a.json", "../b.json", "https://x.example/c.json", "/d.json", 7, "streams/v1/a.json"]
    index = {str(number): entry(path) for number, path in enumerate(paths)}
    index["ids"] = entry("streams/v1/e.json", "image-ids")
    assert product_paths({"index": index}) == ["streams/v1/a.json"]
