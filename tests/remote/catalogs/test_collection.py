from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from imagedepot.model.image import ImageType, RemoteFile
from imagedepot.remote.catalogs.collection import Collection
from imagedepot.remote.catalogs.entry import Entry, Files, Parsed
from imagedepot.remote.catalogs.recognise import parse_catalog
from imagedepot.remote.catalogs.source import State
from imagedepot.remote.http.address import OWNER, AddressSource, Zone
from tests.remote.catalogs.published import real

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ELSEWHERE = AddressSource("https", Zone.PUBLIC)


def docker(name: str, version: str = "latest", **said: Any) -> Entry:
    return Entry(ImageType.DOCKER, name, said.pop("title", name), version, **said)


def lxc(name: str, architecture: str = "amd64", located: bool = True, **said: Any) -> Entry:
    files = Files((RemoteFile(f"https://x.example/{name}"),)) if located else None
    return Entry(ImageType.LXC, name, said.pop("title", name), architecture=architecture, files=files, **said)


def state(*entries: Entry, address: str = "one", given_by: AddressSource = OWNER) -> State:
    return State(address, Parsed("", entries), given_by, NOW)


def test_rows_ascend_by_name_in_byte_order_over_both_types() -> None:
    names = ["b", "Zeta/1", "a/b", "a-b", "a.b/c", "é", "a"]
    entries = [lxc(name) if number % 2 else docker(name) for number, name in enumerate(names)]
    rows = Collection([state(*entries)]).rows
    assert [row.name for row in rows] == sorted(names, key=str.encode)


def test_there_is_one_row_for_each_name_and_architecture_and_the_first_catalog_counts() -> None:
    first = state(docker("redis", "7", description="first", architecture="amd64"))
    second = state(
        docker("redis", "7", description="second", architecture="amd64"), docker("redis", "8"), address="two"
    )
    rows = Collection([first, second]).rows
    assert [(row.name, row.description, row.architecture) for row in rows] == [
        ("redis:7", "first", "amd64"),
        ("redis:8", "", ""),
    ]


def test_a_row_has_what_the_wire_contract_wants() -> None:
    by_type = {row.type: row for row in Collection([state(docker("a", "1"), lxc("b", size="9"))]).rows}
    a, b = by_type[ImageType.DOCKER], by_type[ImageType.LXC]
    assert (a.name, a.title, a.tag, a.size, a.inspect) == ("a:1", "a 1", "1", None, "")
    assert (b.name, b.title, b.tag, b.size, b.inspect) == ("b", "b", "", "9", "{}")


def test_a_name_without_files_gives_way_to_an_entry_that_has_them_and_keeps_its_words() -> None:
    named = state(lxc("debian/bookworm", located=False, title="Debian 12", description="Said."), address="builtin")
    server = state(lxc("debian/bookworm", aliases=("debian/12",)), address="server", given_by=ELSEWHERE)
    for states in ([named, server], [server, named]):
        (known,) = Collection(states).lxc("debian/12")
        assert known.entry.files is not None
        assert (known.catalog, known.given_by) == ("server", ELSEWHERE)
    assert Collection([named, server]).rows[0].title == "Debian 12"


def test_an_alias_finds_what_it_stands_for_unless_it_is_a_name_itself() -> None:
    found = Collection([state(lxc("a", aliases=("b", "c")), lxc("b"), lxc("a", "arm64"))])
    assert [known.entry.architecture for known in found.lxc("c")] == ["amd64", "arm64"]
    assert [known.entry.name for known in found.lxc("b")] == ["b"]
    assert found.lxc("d") == ()


def test_rows_of_official_repositories_are_for_the_official_depot_too() -> None:
    found = Collection([state(docker("redis", "7"), docker("lgsd/diamond"), lxc("debian"))])
    assert [(row.name, row.location) for row in found.official] == [("redis:7", "https://hub.docker.com/_/redis")]
    assert [row.name for row in found.rows] == ["debian", "lgsd/diamond", "redis:7"]


def test_the_category_of_the_xml_catalog_alone_decides() -> None:
    xml = parse_catalog(real("container-station-qpkgcenter.xml"))
    found = Collection([State("xml", xml, OWNER, NOW)])
    official = [row.name for row in found.official]
    assert "jenkins" not in official
    assert "jenkins" in [row.name for row in found.rows]
    assert "tutum/mysql" in official
    assert not set(official) & {row.name for row in found.rows}


def test_the_recorded_list_is_made_of_the_xml_catalog() -> None:
    xml = parse_catalog(real("container-station-qpkgcenter.xml"))
    rows = {(row.name, row.architecture): row for row in Collection([State("xml", xml, OWNER, NOW)]).rows}
    recorded = json.loads(real("recorded-appcenter.json"))["response"]["results"]
    compared = 0
    for told in recorded:
        row = rows.get((told["name"], told["arch"]))
        if row is None:
            continue  # Fedora for armhf has got a newer version since it was recorded
        compared += 1
        assert (row.title, row.type, row.size, row.inspect, row.description) == (
            told["title"],
            told["type"],
            told["size"],
            told["inspect"],
            told["description"],
        )
    assert compared == len(recorded) - 1
    assert [told["name"] for told in recorded] == sorted(told["name"] for told in recorded)


def test_what_is_said_of_an_image_is_found_by_tag_then_by_repository() -> None:
    found = Collection([state(docker("redis", "7", description="seven"), docker("redis", "8", description="eight"))])
    said = {tag: entry.description for tag in ("7", "8", "9") if (entry := found.docker("redis", tag))}
    assert said == {"7": "seven", "8": "eight", "9": "seven"}
    assert found.docker("other", "7") is None


def test_icons_are_reported_with_who_named_them() -> None:
    mine = state(docker("a", icon="https://x.example/a.png"), docker("b"))
    other = state(docker("c", icon="https://x.example/c.png"), given_by=ELSEWHERE)
    assert Collection([mine, other]).icons == {"https://x.example/a.png": OWNER, "https://x.example/c.png": ELSEWHERE}
