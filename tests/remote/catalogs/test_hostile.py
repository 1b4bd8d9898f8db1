"""Whatever a catalog holds: it is read, or refused in one sentence; what comes of it is fit to show."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagedepot.errors import InvalidAnswer
from imagedepot.remote.catalogs.collection import Collection
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.recognise import parse_catalog
from imagedepot.remote.catalogs.source import State
from imagedepot.remote.catalogs.streams import is_index, parse_products, product_paths
from imagedepot.remote.http.address import OWNER
from tests.remote.catalogs.published import real

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
LISTED = json.loads(real("container-station-list.json"))
TEMPLATES = json.loads(real("portainer-v2.json"))["templates"]
CENTER = real("container-station-qpkgcenter.xml")
ITEM = {"ftype": "incus.tar.xz", "path": "images/a/incus.tar.xz", "sha256": "a" * 64, "size": 5}
PRODUCT = {
    "aliases": "debian/12",
    "arch": "amd64",
    "os": "Debian",
    "release": "bookworm",
    "variant": "default",
    "versions": {"20261123_13:30": {"items": {"meta": ITEM, "root": {**ITEM, "ftype": "root.tar.xz"}}}},
}


def fit(parsed: Parsed) -> None:
    """What can be said of any catalog."""
    for row in Collection([State("x", parsed, OWNER)]).rows:
        assert row.name.isprintable()
        assert row.title.isprintable()
        assert row.description.isprintable()
        assert len(row.name) <= 400
        assert len(row.description) <= 2000
        assert row.icon == "" or row.icon.startswith(("http://", "https://"))
        json.dumps([row.name, row.title, row.description, row.icon, row.location]).encode()


def read(raw: bytes) -> None:
    try:
        parsed = parse_catalog(raw)
    except InvalidAnswer as error:
        assert str(error)
    else:
        fit(parsed)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    read(raw)


@given(JSON)
def test_any_json(value: Any) -> None:
    for document in (value, {"templates": value}, {"imagedepot": 1, "images": value}, [value, LISTED[0]]):
        read(json.dumps(document).encode())


@given(st.sampled_from(LISTED + TEMPLATES), st.data(), JSON)
def test_a_real_row_with_anything_for_one_of_its_values(row: dict[str, Any], data: st.DataObject, value: Any) -> None:
    changed = {**row, data.draw(st.sampled_from(sorted(row))): value}
    for document in ([changed, LISTED[0]], [changed, TEMPLATES[0]], {"templates": [changed, TEMPLATES[2]]}):
        read(json.dumps(document).encode())


@pytest.mark.parametrize("number", [10**400, -(10**400), 1e300], ids=["large", "small", "float"])
def test_a_number_that_no_float_holds_spoils_no_catalog(number: float) -> None:
    """In every text of a row, beside a good one."""
    own = {"image": "redis:7", "title": "Redis", "category": "Databases", "arch": "amd64"}
    rows: tuple[tuple[dict[str, Any], Callable[[Any], object]], ...] = (
        (next(row for row in LISTED if row["type"] == "docker"), list),
        (TEMPLATES[0], lambda rows: {"templates": rows, "version": number}),
        (own, lambda rows: {"imagedepot": 1, "title": number, "images": rows}),
    )
    for row, catalog in rows:
        changed = [{**row, key: number} for key in row] + [{**row, "categories": [number]}]
        parsed = parse_catalog(json.dumps(catalog([*changed, row])).encode())
        assert parsed.entries
        fit(parsed)
    products = {key: {**PRODUCT, key: number} for key in PRODUCT}
    assert parse_products([{"products": {**products, "whole": PRODUCT}}], "https://images.example").entries


@settings(max_examples=60)
@given(st.integers(0, len(CENTER) - 1), st.binary(max_size=20))
def test_the_xml_catalog_with_a_hole_in_it(where: int, patch: bytes) -> None:
    read(CENTER[:where] + patch + CENTER[where + len(patch) :])


@given(st.data(), JSON)
def test_a_product_with_anything_for_one_of_its_values(data: st.DataObject, value: Any) -> None:
    product = copy.deepcopy(PRODUCT)
    places: list[dict[str, Any]] = [product]
    for place in places:
        places.extend(inner for inner in place.values() if isinstance(inner, dict))
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = value
    parsed = parse_products([{"products": {"a": product, "b": PRODUCT}}], "https://images.example")
    assert parsed.entries
    fit(parsed)
    for entry in parsed.entries:
        assert entry.files is not None
        assert all(file.url.startswith("https://images.example/images/") or value for file in entry.files.files)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_any_index(index: dict[str, Any]) -> None:
    document = {"format": "index:1.0", "index": {**index, "a": {"datatype": "image-downloads", "path": "b.json"}}}
    assert is_index(document)
    assert "b.json" in product_paths(document)
