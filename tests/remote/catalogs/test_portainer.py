from __future__ import annotations

import json
from typing import Any

import pytest

from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.recognise import parse_catalog
from tests.remote.catalogs.published import real

REDIS = {"type": 1, "title": "Redis", "description": "Key and value", "image": "redis:7", "platform": "linux"}


def parse(*rows: Any, **document: Any) -> Parsed:
    return parse_catalog(json.dumps({**document, "templates": [REDIS, *rows]}).encode())


@pytest.mark.parametrize(("version", "rows", "left_out"), [(2, 40, 28), (3, 34, 35)])
def test_published_templates_are_read_without_stacks_and_windows(version: int, rows: int, left_out: int) -> None:
    parsed = parse_catalog(real(f"portainer-v{version}.json"))
    assert (parsed.format, len(parsed.entries)) == (f"Portainer v{version}", rows)
    assert (parsed.skipped, parsed.left_out) == (0, left_out)
    assert not any("windows" in entry.name for entry in parsed.entries)


def test_the_tag_is_the_version() -> None:
    entries = {entry.name: entry for entry in parse_catalog(real("portainer-v2.json")).entries}
    mysql = entries["mysql/mysql-server"]
    assert (mysql.row_name, mysql.row_title) == ("mysql/mysql-server:5.7", "MySQL 5.7")
    assert entries["nginx"].row_title == "Nginx"
    assert entries["quay.io/minio/minio"].version == "latest"
    assert entries["nginx"].categories == ("webserver",)


def test_templates_without_a_version_are_the_same() -> None:
    parsed = parse()
    assert (parsed.format, [entry.row_name for entry in parsed.entries]) == ("Portainer", ["redis:7"])


def test_a_bare_list_is_version_one() -> None:
    stack = {"type": "stack", "title": "Stack", "repository": {"url": "https://x.example", "stackfile": "s.yml"}}
    first = {"type": "container", "title": "Redis", "image": "redis", "logo": "https://x.example/l.png"}
    parsed = parse_catalog(json.dumps([stack, first]).encode())
    assert (parsed.format, parsed.left_out) == ("Portainer v1", 1)
    assert [(entry.row_name, entry.icon) for entry in parsed.entries] == [("redis", "https://x.example/l.png")]


def test_a_registry_of_its_own_stands_before_the_image() -> None:
    entry = parse({**REDIS, "registry": "registry.lan:5000", "image": "a/b:1"}).entries[1]
    assert entry.row_name == "registry.lan:5000/a/b:1"


@pytest.mark.parametrize(
    ("registry", "image", "row_name"),
    [
        ("https://ghcr.io", "a/b:1", "ghcr.io/a/b:1"),
        (" https://ghcr.io/ ", " a/b ", "ghcr.io/a/b"),
        ("https://index.docker.io/v1/", "a/b:2", "a/b:2"),
        ("registry.lan:5000/v2", "a/b", "registry.lan:5000/a/b"),
        ("registry.gitlab.com/group", "app", "registry.gitlab.com/group/app"),
        ("http://registry.lan:5000//v2//", "a/b", "registry.lan:5000/a/b"),
        (" ", "redis", "redis"),
        (None, " redis:7 ", "redis:7"),
        ("", "https://hub.docker.com/r/linuxserver/jellyfin", "linuxserver/jellyfin"),
    ],
)
def test_a_registry_and_an_image_are_taken_as_they_are_meant(registry: str | None, image: str, row_name: str) -> None:
    parsed = parse({**REDIS, "registry": registry, "image": image})
    assert (parsed.skipped, parsed.entries[1].row_name) == (0, row_name)


def test_a_registry_of_a_million_slashes_is_a_bad_row_and_holds_nobody_up() -> None:
    parsed = parse({**REDIS, "registry": "/" * (1 << 20) + "x"})  # hours, if looked at from every slash anew
    assert ([entry.name for entry in parsed.entries], parsed.skipped) == (["redis"], 1)


def test_an_image_pinned_by_digest_stays_pinned() -> None:
    digest = "sha256:" + "a" * 64
    entry = parse({**REDIS, "image": f"ghcr.io/a/b:1@{digest}"}).entries[1]
    assert (entry.version, entry.row_name, entry.row_title) == (digest, f"ghcr.io/a/b@{digest}", "Redis")


@pytest.mark.parametrize("bad", [None, {**REDIS, "image": "NOT A NAME"}, {**REDIS, "image": ["redis"]}, "text"])
def test_a_bad_row_is_counted_and_spoils_nothing(bad: Any) -> None:
    parsed = parse(bad)
    assert ([entry.name for entry in parsed.entries], parsed.skipped) == (["redis"], 1)


@pytest.mark.parametrize("other", [{**REDIS, "type": 3}, {**REDIS, "type": 9}, {**REDIS, "platform": "windows"}, {}])
def test_what_is_no_image_for_us_is_left_out(other: Any) -> None:
    parsed = parse(other)
    assert (len(parsed.entries), parsed.skipped, parsed.left_out) == (1, 0, 1)


def test_unknown_keys_are_ignored() -> None:
    assert len(parse({**REDIS, "image": "a/b", "new": {"deep": [1]}}, version="4", more=1).entries) == 2
