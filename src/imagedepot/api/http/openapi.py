"""The OpenAPI document, generated from the operations themselves, so that it cannot lag behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from imagedepot.api.http.caller import COOKIE
from imagedepot.api.http.errors import PHRASES
from imagedepot.api.http.operation import BASE, JSON, Operation, Parameter
from imagedepot.model.access.role import Role
from imagedepot.model.depot import DepotId
from imagedepot.wire.v1.base import Error
from imagedepot.wire.v1.images.listing import ROWS

_ABOUT = """\
Lists, searches, inspects, downloads, follows and removes Docker (OCI) and LXC images from four depots.

- A body is JSON, whatever its content type says: `curl -d '{…}'` works as it is. An empty body is `{}`.
- Paths work with and without a slash at their end. Names may hold `/`; `%2F` equals `/`.
- Every failure is `{"error": {"code": 404, "reason": "image_not_found", "message": "…"}}`, with the HTTP status as its
  code and a stable word for programs as its reason.
- While no user is defined, only this machine itself is served, and no call needs a session; where other machines can
  reach the service, only `POST /session/setup` is answered then. From the first user on, every call but `POST /login`
  needs a session.
"""
_FOR = {Role.VIEWER: "", Role.MEMBER: " For members and administrators.", Role.ADMIN: " For administrators."}
# What every operation may answer.
EVERYWHERE = (400, 401, 403, 421, 500)
_FAILURES = "#/components/responses/"


def document(operations: Sequence[Operation], version: str, prefix: str, depots: Iterable[DepotId]) -> dict[str, Any]:
    """`prefix` is the path prefix of a reverse proxy, or nothing; `depots` are those of the service."""
    schemas = _Schemas(operations)
    schemas.named["DepotName"] = {"title": "DepotName", "enum": sorted(depots)}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.address, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Image Depot", "version": version, "description": _ABOUT},
        "servers": [{"url": prefix or "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(each.group for each in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "responses": _failures(paths, schemas),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "token": {"type": "http", "scheme": "bearer", "description": "An access token (`POST /tokens`)."},
                "tokenAsPassword": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A user's name, and an access token of theirs as the password.",
                },
            },
        },
    }


class _Schemas:
    """JSON Schemas of the types that operations take and answer. `named`: those of structs and enums."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        types = [Error, *ROWS]
        for each in operations:
            types += [each.answer, *(parameter.type for parameter in each.path_parameters)]
            types += [parameter.type for parameter in each.parameters]
            types += [each.body] if each.body is not None else []
        schemas, self.named = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
        self._by_type = list(zip(types, schemas, strict=True))

    def of(self, type_: Any) -> dict[str, Any]:
        return next(schema for known, schema in self._by_type if known is type_ or known == type_)


def _operation(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _identifier(operation),
        "tags": [operation.group],
        "summary": operation.summary,
        "description": _described(operation),
        "parameters": [
            _parameter(each, schemas)
            for each in (*operation.path_parameters, *(each for each in operation.parameters if not each.in_path))
        ],
        "responses": _responses(operation, schemas),
        "security": [] if operation.free else [{"session": []}, {"token": []}, {"tokenAsPassword": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": bool(schemas.named[operation.body.__name__].get("required")),
            "content": {media: {"schema": schemas.of(operation.body)} for media in operation.takes},
        }
    return described


def _described(operation: Operation) -> str:
    return (operation.about + _FOR[operation.needs]).strip()


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.required,
        "description": parameter.about,
        "schema": schemas.of(parameter.type),
    }


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    more = [code for code, is_so in ((413, operation.body is not None), (416, operation.ranges)) if is_so]
    codes = sorted({*EVERYWHERE, *operation.errors, *more})
    good = {"description": "Done.", "content": {operation.media: {"schema": schemas.of(operation.answer)}}}
    part = {"206": {**good, "description": "The range that was asked for."}} if operation.ranges else {}
    return {"200": good, **part, **{str(code): {"$ref": f"{_FAILURES}{code}"} for code in codes}}


def _failures(paths: Mapping[str, Mapping[str, Any]], schemas: _Schemas) -> dict[str, Any]:
    """The answers that operations name with `$ref`, by their status: written once, since nearly all have them."""
    named = {
        answer.get("$ref", "")
        for each in paths.values()
        for one in each.values()
        for answer in one["responses"].values()
    }
    codes = sorted(ref.removeprefix(_FAILURES) for ref in named if ref)
    content = {JSON: {"schema": schemas.of(Error)}}
    return {code: {"description": PHRASES[int(code)] + ".", "content": content} for code in codes}


def _identifier(operation: Operation) -> str:
    """`get_image_type_name_tag_inspect`: unlike any other's."""
    words = operation.address.removeprefix(BASE).replace("{", "").replace("}", "").strip("/")
    return f"{operation.method.lower()}_{words.replace('/', '_')}"
