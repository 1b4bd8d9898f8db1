from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from imagedepot.api.http.errors import PHRASES
from imagedepot.app import build
from tests.api.face import Face
from tests.api.shapes import check

DOCS = Path(__file__).parents[3] / "docs/api.md"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(face: Face) -> dict[str, Any]:
    told: dict[str, Any] = face.get("/openapi.json")
    return told


def test_every_route_is_in_the_document(face: Face, document: dict[str, Any]) -> None:
    routed = set()
    for route in build(face.services, control=True).routes:
        assert isinstance(route, Route)
        if route.path.startswith("/api/v1/"):
            address = re.sub(r"\{(\w+):path\}", r"{\1}", route.path)
            routed |= {(method.lower(), address) for method in (route.methods or ()) if method != "HEAD"}
    told = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert told == routed


def test_it_is_sound(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    identifiers = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            identifiers.append(operation["operationId"])
            assert operation["summary"].endswith(".")
            parts = re.findall(r"\{(\w+)\}", path)
            told = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert told == parts
            assert all(each["description"] for each in operation["parameters"]), path
            assert {"200", "400", "401", "403", "421", "500"} <= set(operation["responses"])
            assert all(int(code) in (200, 206) or int(code) in PHRASES for code in operation["responses"])
            assert ("requestBody" in operation) <= (method in ("post", "put", "patch"))
    assert len(set(identifiers)) == len(identifiers)


def test_every_schema_and_every_failure_is_used_and_known(document: dict[str, Any]) -> None:
    components = {kind: document["components"][kind] for kind in ("schemas", "responses")}
    named = {f"#/components/{kind}/{name}" for kind, each in components.items() for name in each}
    used: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                used.add(node["$ref"])
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(document["paths"])
    walk(components)
    assert used == named
    for schema in components["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_checker_finds_what_is_wrong(document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Tags"}
    assert check({"installed": [], "tags": ["1"]}, schema, document) == []
    assert check({"installed": [], "tags": [1]}, schema, document) == ["$.tags[0]: 1 is not of type 'string'"]
    assert check({"installed": []}, schema, document) == ["$: 'tags' is a required property"]
    assert check({"installed": [], "tags": [], "x": 1}, schema, document) != []


def test_the_page_is_readable_without_any_script_or_other_host(face: Face, document: dict[str, Any]) -> None:
    answered = face.call("GET", "/docs")
    page = answered.content.decode()
    assert answered.headers["content-type"].startswith("text/html")
    policy = answered.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    for path in document["paths"]:
        assert path in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page


def test_docs_for_people_name_every_call_parameter_and_key(document: dict[str, Any]) -> None:
    text = DOCS.read_text()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            heading = f"`{method.upper()} {path.removeprefix('/api/v1')}`"
            assert heading in text, f"docs/api.md lacks {heading}"
            for each in operation["parameters"]:
                assert f"`{each['name']}`" in text or f"{{{each['name']}}}" in text, f"{heading}: {each['name']}"
    shown = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^` ]*)`", text))
    known = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert shown <= known, f"docs/api.md tells of {shown - known}"
    for name, schema in document["components"]["schemas"].items():
        for key in schema.get("properties", {}):
            assert f"`{key}`" in text, f"docs/api.md lacks {key} of {name}"
