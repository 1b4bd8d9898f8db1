from __future__ import annotations

import json
from typing import Any

import pytest

from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.recognise import parse_catalog


def parse(*rows: Any, title: str = "Mine") -> Parsed:
    return parse_catalog(json.dumps({"imagedepot": 1, "title": title, "images": list(rows)}).encode())


def test_one_row_stands_for_all_its_architectures() -> None:
    parsed = parse({"image": "ghcr.io/a/b:1", "title": "B", "arch": "amd64 aarch64 armv7l amd64", "category": "web"})
    assert (parsed.title, parsed.format) == ("Mine", "Image Depot")
    assert [entry.architecture for entry in parsed.entries] == ["amd64", "arm64", "armhf"]
    assert {(entry.row_name, entry.row_title) for entry in parsed.entries} == {("ghcr.io/a/b:1", "B 1")}
    assert parsed.entries[0].categories == ("web",)


def test_an_lxc_row_has_a_location_or_is_found_on_the_image_server() -> None:
    digest = Digest.of(b"x")
    pinned, named = parse(
        {"lxc": "lab/1", "location": "https://x.example/lab.tar.xz", "sha256": digest.hex}, {"lxc": "debian/bookworm"}
    ).entries
    assert pinned.files is not None
    assert pinned.files.files[0].sha256 == digest
    assert (named.type, named.files, named.architecture) == (ImageType.LXC, None, "")


@pytest.mark.parametrize(
    "bad", [{}, {"image": 7}, {"lxc": "a b"}, {"lxc": "a", "location": 7}, {"lxc": "a", "location": "x"}]
)
def test_a_bad_row_is_counted_and_spoils_nothing(bad: Any) -> None:
    parsed = parse({"image": "redis"}, bad)
    assert (len(parsed.entries), parsed.skipped) == (1, 1)
