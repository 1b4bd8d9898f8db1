"""JSON Schemas of what the API takes and answers, written as data: the OpenAPI document is made of them.

The tests check every real answer against its schema, so an object names all of its keys and allows no others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Schema = dict[str, Any]


def text(about: str = "", **more: Any) -> Schema:
    return _about({"type": "string", **more}, about)


def integer(about: str = "", **more: Any) -> Schema:
    return _about({"type": "integer", **more}, about)


def boolean(about: str = "") -> Schema:
    return _about({"type": "boolean"}, about)


def moment(about: str = "") -> Schema:
    """RFC 3339 in UTC, to the second."""
    return text(about, format="date-time")


def one_of(values: Collection[str], about: str = "") -> Schema:
    return text(about, enum=[str(value) for value in values])


def array(items: Schema, about: str = "") -> Schema:
    return _about({"type": "array", "items": items}, about)


def nullable(schema: Schema) -> Schema:
    """Also null."""
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def anything(about: str = "") -> Schema:
    """An object whose keys are somebody else's business."""
    return _about({"type": "object", "additionalProperties": True}, about)


def thing(
    title: str,
    properties: Mapping[str, Schema],
    *,
    optional: Collection[str] = (),
    about: str = "",
    more: bool = False,
) -> Schema:
    """An object under a name of its own (or none). `more`: further keys may stand in it."""
    schema: Schema = {
        **({"title": title} if title else {}),
        "type": "object",
        "properties": dict(properties),
        "required": [key for key in properties if key not in optional],
        "additionalProperties": more,
    }
    return _about(schema, about)


def _about(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about} if about else schema
