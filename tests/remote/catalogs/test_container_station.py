from __future__ import annotations

import json
from typing import Any

import pytest

from imagedepot.errors import InvalidAnswer
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, RemoteFile
from imagedepot.remote.catalogs.entry import Entry, Parsed, Section
from imagedepot.remote.catalogs.recognise import parse_catalog
from tests.remote.catalogs.published import real


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "displayName": "Redis",
        "name": "redis",
        "version": "4.0",
        "arch": "amd64",
        "icon": "https://icons.example/redis.png",
        "location": "https://hub.docker.com/_/redis/",
        "description": "Key and value.",
        "type": "docker",
        "repository": "dockerhub",
    }
    return {**usual, **changes}


def parse(*rows: Any) -> Parsed:
    return parse_catalog(json.dumps([row(name="known/good"), *rows]).encode())


def only(*rows: Any) -> Entry:
    """The entry beside the good one."""
    entries = [entry for entry in parse(*rows).entries if entry.name != "known/good"]
    assert len(entries) == 1
    return entries[0]


def test_every_row_of_the_published_list_is_read() -> None:
    parsed = parse_catalog(real("container-station-list.json"))
    assert (parsed.format, len(parsed.entries), parsed.skipped) == ("Container Station", 43, 0)
    assert parsed.left_out == 7, "compose applications"
    by_type = {type_: sum(1 for entry in parsed.entries if entry.type is type_) for type_ in ImageType}
    assert by_type == {ImageType.DOCKER: 34, ImageType.LXC: 9}


def test_a_docker_row_has_its_version_in_name_and_title() -> None:
    entry = only(row())
    assert (entry.row_name, entry.row_title, entry.version) == ("redis:4.0", "Redis 4.0", "4.0")
    assert (entry.description, entry.icon) == ("Key and value.", "https://icons.example/redis.png")
    assert (entry.architecture, entry.location) == ("amd64", "https://hub.docker.com/_/redis/")


@pytest.mark.parametrize("version", ["latest", "", None])
def test_the_usual_version_is_not_shown(version: str | None) -> None:
    entry = only(row(version=version))
    assert (entry.row_name, entry.row_title, entry.version) == ("redis", "Redis", "latest")


@pytest.mark.parametrize(("version", "tag"), [(7, "7"), (7.2, "7.2"), (" 7 ", "7"), (True, "latest"), ([7], "latest")])
def test_a_version_is_taken_as_it_is_meant(version: object, tag: str) -> None:
    assert only(row(version=version)).version == tag


def test_spaces_around_what_a_row_says_are_nothing() -> None:
    entry = only(row(name=" redis ", icon=" https://icons.example/redis.png\n", arch=" amd64 "))
    assert (entry.row_name, entry.icon, entry.architecture) == (
        "redis:4.0",
        "https://icons.example/redis.png",
        "amd64",
    )
    lxc = only(row(type="lxc", repository="qnap", name=" debian ", location=" https://x.example/a.tar.gz ", size=4096))
    assert (lxc.name, lxc.location, lxc.size) == ("debian", "https://x.example/a.tar.gz", "4096")


def test_names_are_shown_in_their_familiar_form() -> None:
    assert only(row(name="library/redis")).row_name == "redis:4.0"
    assert only(row(name="docker.io/lgsd/diamond")).name == "lgsd/diamond"
    assert only(row(name="registry.lan:5000/a/b")).name == "registry.lan:5000/a/b"


def test_an_lxc_row_has_no_tag_in_its_name_and_is_fetched_from_its_location() -> None:
    location = "http://download.example/ubuntu-trusty_14.04_amd64.tar.gz"
    entry = only(
        row(
            name="ubuntu-trusty",
            version="14.04",
            type="lxc",
            repository="qnap",
            location=location,
            displayName="Ubuntu",
        )
    )
    assert (entry.type, entry.row_name, entry.row_title) == (ImageType.LXC, "ubuntu-trusty", "Ubuntu 14.04")
    assert entry.files is not None
    assert entry.files.files == (RemoteFile(location),)
    assert entry.files.properties["release"] == "14.04"
    assert entry.size == ""


def test_a_checksum_pins_the_file() -> None:
    digest = Digest.of(b"x")
    for text in (digest.hex, digest.hex.upper(), str(digest)):
        entry = only(row(name="a", type="lxc", location="https://x.example/a.tar.gz", sha256=text))
        assert entry.files is not None
        assert entry.files.files[0].sha256 == digest


def test_ai_and_iot_rows_are_docker_images() -> None:
    assert only(row(type="ai")).type is only(row(type="iot")).type is ImageType.DOCKER


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        {},
        row(name=None),
        row(name=""),
        row(name="NOT A NAME"),
        row(name="../../etc/passwd"),
        row(name=["redis"]),
        row(version="not a tag"),
        row(type=None),
        row(type=7),
        row(type="lxc", name="a b"),
        row(type="lxc", name="../x"),
        row(type="lxc", location=None),
        row(type="lxc", location="file:///etc/passwd"),
        row(type="lxc", location="https://user:secret@x.example/a"),
        row(type="lxc", location="https://x.example/a", sha256="no checksum"),
        row(type="lxc", location="https://x.example/a", sha256=7),
    ],
)
def test_a_bad_row_is_counted_and_spoils_nothing(bad: Any) -> None:
    parsed = parse(bad)
    assert ([entry.name for entry in parsed.entries], parsed.skipped) == (["known/good"], 1)


@pytest.mark.parametrize("other", [row(type="app"), row(type="something new"), row(repository="qnap")])
def test_what_is_no_image_for_us_is_left_out(other: Any) -> None:
    parsed = parse(other)
    assert (len(parsed.entries), parsed.skipped, parsed.left_out) == (1, 0, 1)


def test_hostile_texts_are_one_short_line() -> None:
    entry = only(row(displayName="Re\u202edis\x1b[31m\n!", description="x" * 100_000, icon="javascript:alert(1)"))
    assert entry.title == "Redis !"
    assert len(entry.description) == 2000
    assert entry.icon == ""


def test_one_lone_surrogate_or_endless_number_spoils_nothing() -> None:
    raw = json.dumps([row(), row(name="b", displayName="\ud800x"), row(name="c", stars=7)]).encode()
    parsed = parse_catalog(raw.replace(b": 7}", b": " + b"9" * 5000 + b"}"))
    assert [(entry.name, entry.title) for entry in parsed.entries] == [("redis", "Redis"), ("b", "x"), ("c", "Redis")]


def test_a_byte_order_mark_and_a_stray_byte_spoil_nothing() -> None:
    raw = json.dumps([row(), row(name="b", description="stray ?")]).encode().replace(b"stray ?", b"stray \xff")
    assert len(parse_catalog(b"\xef\xbb\xbf\n" + raw).entries) == 2


def test_the_categories_of_the_xml_catalog_decide_the_depot() -> None:
    parsed = parse_catalog(real("container-station-qpkgcenter.xml"))
    assert (parsed.format, len(parsed.entries), parsed.skipped, parsed.left_out) == (
        "Container Station (XML)",
        21,
        0,
        3,
    )
    sections = {entry.row_name: entry.section for entry in parsed.entries}
    assert sections["jenkins"] is Section.APP_CENTER
    assert sections["ubuntu:14.04"] is Section.OFFICIAL
    assert sections["tutum/mysql"] is Section.OFFICIAL
    assert "gitlab" not in sections


def test_the_xml_catalog_tells_sizes_and_wraps_its_texts() -> None:
    entries = {entry.name: entry for entry in parse_catalog(real("container-station-qpkgcenter.xml")).entries}
    debian = entries["debian-wheezy"]
    assert (debian.size, debian.row_title) == ("173363200", "Debian 7.8")
    assert debian.description.startswith("The Debian Project is an association")
    assert debian.files is not None
    assert debian.files.files[0].size is None, "it is the size unpacked, not the file's"


def test_a_bad_row_of_the_xml_catalog_is_counted_and_spoils_nothing() -> None:
    raw = real("container-station-qpkgcenter.xml").replace(
        b"<internalName>debian-wheezy<", b"<internalName>not a name<"
    )
    parsed = parse_catalog(raw)
    assert (len(parsed.entries), parsed.skipped, parsed.left_out) == (20, 1, 3)


@pytest.mark.parametrize(
    "raw",
    [
        b"<plugins><ctstation></plugins>",
        b'<!DOCTYPE p [<!ENTITY a "b">]><plugins><ctstation><name>&a;</name></ctstation></plugins>',
        b'<!DOCTYPE p SYSTEM "file:///etc/passwd"><plugins/>',
        b"<rss><channel/></rss>",
        b'<?xml version="1.0" encoding="no-such-thing"?><plugins/>',
        b"<plugins>" + b"<a/>" * 1_100_000 + b"</plugins>",
    ],
)
def test_an_xml_document_that_is_broken_hostile_or_of_another_kind_is_no_catalog(raw: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        parse_catalog(raw)
