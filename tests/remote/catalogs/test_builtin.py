"""The form of the built-in catalog. Whether what it says is true, no test can tell."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import canonicalize

import pytest

import imagedepot.remote.catalogs as package
from imagedepot.model.image import ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.remote.catalogs.builtin_icons import builtin_icon
from imagedepot.remote.catalogs.recognise import parse_catalog
from imagedepot.remote.pictures import harmless

_RAW = Path(package.__file__).with_name("builtin.json").read_bytes()
ICONS = Path(package.__file__).with_name("icons")
ROWS: list[dict[str, Any]] = json.loads(_RAW)["images"]
NAMES = [row.get("image") or row["lxc"] for row in ROWS]
CATEGORIES = {
    *("media", "photos", "smart-home", "files", "backup", "network", "security", "productivity", "monitoring"),
    *("development", "databases", "web", "communication", "ai", "games", "operating-systems"),
}
ARCHITECTURES = {"amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"}


def test_nothing_in_it_is_skipped() -> None:
    parsed = parse_catalog(_RAW)
    assert (parsed.skipped, parsed.left_out) == (0, 0)
    assert len({(entry.type, entry.name) for entry in parsed.entries}) == len(ROWS)


def test_it_has_images_of_both_types() -> None:
    docker = [row for row in ROWS if "image" in row]
    assert len(docker) >= 60
    assert len(ROWS) - len(docker) >= 10


def test_names_and_titles_are_unique() -> None:
    assert not [name for name, count in Counter(NAMES).items() if count > 1]
    assert not [title for title, count in Counter(row["title"] for row in ROWS).items() if count > 1]


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_a_row_is_in_form(row: dict[str, Any]) -> None:
    assert set(row) <= {"image", "lxc", "title", "description", "category", "icon", "project", "arch"}
    if "image" in row:
        assert Reference.parse(row["image"]).familiar.removesuffix(":latest") == row["image"]
    else:
        assert row["lxc"] == row["lxc"].lower()
        assert "/" in row["lxc"], "as image servers call it: os/release"
    assert 20 <= len(row["description"]) <= 160
    assert row["description"][0].isupper() or row["description"].startswith("nginx")
    assert row["description"].endswith(".")
    assert row["category"] in CATEGORIES
    assert builtin_icon(row["icon"])
    project = urlsplit(row["project"])
    assert project.scheme == "https"
    assert "." in project.netloc
    architectures = row["arch"].split()
    assert architectures == sorted(architectures)
    assert len(set(architectures)) == len(architectures)
    assert set(architectures) <= ARCHITECTURES
    assert "amd64" in architectures


def test_every_category_is_used() -> None:
    assert {row["category"] for row in ROWS} == CATEGORIES


def test_docker_rows_have_a_row_for_each_architecture() -> None:
    entries = [entry for entry in parse_catalog(_RAW).entries if entry.name == "jellyfin/jellyfin"]
    assert [(entry.type, entry.architecture) for entry in entries] == [
        (ImageType.DOCKER, "amd64"),
        (ImageType.DOCKER, "arm64"),
    ]


@pytest.mark.parametrize("path", sorted(ICONS.iterdir()), ids=lambda path: path.stem)
def test_an_icon_of_ours_is_used_small_and_harmless_as_it_is(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) < 2000
    assert canonicalize(harmless(content).decode()) == canonicalize(content.decode())
    assert f"builtin:{path.stem}" in {row["icon"] for row in ROWS}


@pytest.mark.parametrize(
    "address",
    ["builtin:../builtin", "builtin:/etc/passwd", "builtin:film.svg", "builtin:", "builtin:film\n", "builtin:FILM",
     "builtin:%2e%2e", "builtin:nosuchicon", "https://x.example/film", "film"],
)  # fmt: skip
def test_an_address_leads_to_our_icons_and_nowhere_else(address: str) -> None:
    assert builtin_icon(address) is None


def test_any_catalog_of_our_format_may_use_them_and_no_other_word() -> None:
    rows = [{"image": f"a/{number}", "icon": icon} for number, icon in enumerate(["builtin:film", "builtin:../x", "x"])]
    entries = parse_catalog(json.dumps({"imagedepot": 1, "images": rows}).encode()).entries
    assert [entry.icon for entry in entries] == ["builtin:film", "", ""]
