"""Holds JSON against a schema of the OpenAPI document: the few keywords that it uses, and no others.

`check` returns what is wrong, each with its place; nothing means that the value is as the document says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_WORDS = {"title", "description", "default", "maxLength", "format", "type", "enum", "properties", "required"}
KEYWORDS = _WORDS | {"additionalProperties", "items", "anyOf", "minimum", "maximum", "pattern", "$ref"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def check(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str = "$") -> list[str]:
    return list(_wrong(value, schema, document, at))


def _wrong(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> Iterator[str]:
    assert set(schema) <= KEYWORDS, f"{at}: the checker does not know {set(schema) - KEYWORDS}"
    if "$ref" in schema:
        yield from _wrong(value, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, at)
        return
    if "anyOf" in schema:
        tried = [check(value, each, document, at) for each in schema["anyOf"]]
        if all(tried):
            yield from min(tried, key=len)
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(isinstance(value, KINDS[kind]) and not (kind == "integer" and isinstance(value, bool)) for kind in kinds)
    if not fits:
        yield f"{at}: {value!r} is not {' or '.join(kinds)}"
        return
    yield from _limits(value, schema, at)
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from _wrong(each, schema["items"], document, f"{at}[{place}]")
    if isinstance(value, dict):
        yield from _keys(value, schema, document, at)


def _limits(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at}: {value!r} does not match {schema['pattern']}"
        if schema.get("format") == "date-time" and not _MOMENT.fullmatch(value):
            yield f"{at}: {value!r} is no time"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: {value} is out of range"


def _keys(value: dict[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{at}: {key} is missing"
    for key, each in value.items():
        if key in known:
            yield from _wrong(each, known[key], document, f"{at}.{key}")
        elif schema["additionalProperties"] is False:
            yield f"{at}: {key} is not in the document"
        elif isinstance(schema["additionalProperties"], dict):
            yield from _wrong(each, schema["additionalProperties"], document, f"{at}.{key}")


class Document:
    """The OpenAPI document, and whether an answer is one that it promises."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self._operations = [
            (re.compile(_PART.sub(_pattern, path)), method, operation)
            for path, methods in content["paths"].items()
            for method, operation in methods.items()
        ]

    def wrong(self, method: str, path: str, status: int, kind: str, answer: bytes) -> list[str]:
        """`path` as it was sent; `kind` is the content type. An address that is no operation's promises nothing."""
        plain = unquote(path.partition("?")[0]).rstrip("/")
        for pattern, known, operation in self._operations:
            if known == method.lower() and pattern.fullmatch(plain):
                promised = operation["responses"].get(str(status))
                if promised is None:
                    return [f"{method} {path}: the document does not tell of {status}: {answer[:200]!r}"]
                media, content = next(iter(promised["content"].items()))
                if not kind.startswith(media.removesuffix("*")):
                    return [f"{method} {path}: {kind} in place of {media}"]
                if media != "application/json":
                    return []
                return check(json.loads(answer), content["schema"], self.content)
        return []


_PART = re.compile(r"\{(\w+)\}")


def _pattern(part: re.Match[str]) -> str:
    return "(.+)" if part[1] == "name" else "([^/]+)"
