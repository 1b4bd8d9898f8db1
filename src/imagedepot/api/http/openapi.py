"""The OpenAPI document, made from the very operations that answer: what it says is what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagedepot.api.http.caller import COOKIE
from imagedepot.api.http.errors import PHRASES
from imagedepot.api.http.operation import BASE, JSON, Operation, Parameter, Right
from imagedepot.api.http.schema import Schema
from imagedepot.api.shapes.common import ERROR

_ABOUT = """\
Lists, searches, inspects, downloads, follows and removes Docker (OCI) and LXC images from four depots.

- A body is JSON, whatever its content type says: `curl -d '{…}'` works as it is. An empty body is `{}`.
- Paths work with and without a slash at their end. Names may hold `/`; `%2F` equals `/`.
- Every failure is `{"error": {"code": 404, "message": "…"}}`, with the HTTP status as its code.
- While no user is defined, no call needs a session. From the first user on, every call but `POST /login` does.
"""
# What every operation may answer.
EVERYWHERE = (400, 401, 403, 421, 500)


def document(operations: Sequence[Operation], version: str, prefix: str) -> dict[str, Any]:
    """`prefix` is the path prefix of a reverse proxy, or nothing."""
    named: dict[str, Schema] = {}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.address, {})[each.method.lower()] = _operation(each, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Image Depot", "version": version, "description": _ABOUT},
        "servers": [{"url": prefix or "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(each.group for each in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(named.items())),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def _operation(operation: Operation, named: dict[str, Schema]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _identifier(operation),
        "tags": [operation.group],
        "summary": operation.summary,
        "description": _described(operation),
        "parameters": [
            _parameter(each, named)
            for each in (*operation.path_parameters, *(each for each in operation.parameters if not each.in_path))
        ],
        "responses": _responses(operation, named),
        "security": [] if operation.needs is Right.OPEN else [{"session": []}],
    }
    if operation.body is not None:
        told["requestBody"] = {
            "required": bool(operation.body.get("required")),
            "content": {media: {"schema": _linked(operation.body, named)} for media in operation.takes},
        }
    return told


def _described(operation: Operation) -> str:
    right = " For administrators." if operation.needs is Right.CHANGE else ""
    return (operation.about + right).strip()


def _parameter(parameter: Parameter, named: dict[str, Schema]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.required,
        "description": parameter.about,
        "schema": _linked(parameter.schema, named),
    }


def _responses(operation: Operation, named: dict[str, Schema]) -> dict[str, Any]:
    failure = {"content": {JSON: {"schema": _linked(ERROR, named)}}}
    codes = {*EVERYWHERE, *operation.errors, *((413,) if operation.body is not None else ())}
    good = {"description": "Done.", "content": {operation.media: {"schema": _linked(operation.answer, named)}}}
    return {"200": good, **{str(code): {"description": PHRASES[code] + ".", **failure} for code in sorted(codes)}}


def _linked(schema: Any, named: dict[str, Schema]) -> Any:
    """The same schema; each object with a name moves into the document's components."""
    if isinstance(schema, list):
        return [_linked(each, named) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = {key: _linked(value, named) for key, value in schema.items()}
    name = schema.get("title")
    if not isinstance(name, str):
        return inner
    if named.setdefault(name, inner) != inner:
        raise ValueError(f"two schemas are called {name}")
    return {"$ref": f"#/components/schemas/{name}"}


def _identifier(operation: Operation) -> str:
    """`get_image_type_name_tag_inspect`: unlike any other's."""
    words = operation.address.removeprefix(BASE).replace("{", "").replace("}", "").strip("/")
    return f"{operation.method.lower()}_{words.replace('/', '_')}"
