"""Bodies: JSON whatever the content type says, because `curl -d` says form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from imagedepot.errors import InvalidInput, TooLarge
from imagedepot.files import stored_json
from imagedepot.wire.v1.base import Body

B = TypeVar("B", bound=Body)

LARGEST = 1 << 20
_WORDS = {"str": "a text", "bool": "true or false", "int": "a number", "array": "a list"}
_MISSING = re.compile(r"missing required field `(\w+)`")
_WRONG = re.compile(r"Expected `(\w+)[^`]*`.* - at `\$\.([\w.\[\]]+)`")


async def read(request: Request) -> bytes:
    """The whole body. Raises `TooLarge` as soon as it is."""
    promised = request.headers.get("content-length", "")
    if promised.isdigit() and int(promised) > LARGEST:
        raise TooLarge(f"A body has at most {LARGEST:,} bytes")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise TooLarge(f"A body has at most {LARGEST:,} bytes")
    return bytes(content)


async def read_json(request: Request, kind: type[B]) -> B:
    """The body as a struct; an empty one is `{}`. Raises `InvalidInput`, `TooLarge`."""
    return parsed(_object(await read(request)), kind)


async def read_form(request: Request, kind: type[B]) -> B:
    """A form, or the same as JSON (`POST /login`). Raises `InvalidInput`, `TooLarge`."""
    content = await read(request)
    if content.lstrip()[:1] in (b"{", b""):
        return parsed(_object(content), kind)
    try:
        fields = parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
        return parsed(dict(fields), kind)
    except ValueError as error:
        raise InvalidInput("The body is neither a form nor JSON") from error


def _object(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        value = stored_json.decode(content)
    except ValueError as error:
        raise InvalidInput(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput("The body is not a JSON object")
    return value


def parsed(fields: Mapping[str, Any], kind: type[B]) -> B:
    """The fields of a body as its struct; null stands for a missing key. Raises `InvalidInput`."""
    try:
        return msgspec.convert({key: value for key, value in fields.items() if value is not None}, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(_sentence(str(error))) from error


def _sentence(message: str) -> str:
    """msgspec's message in our words: which key, and what it should be."""
    if missing := _MISSING.search(message):
        return f"{missing[1]} is missing"
    if wrong := _WRONG.search(message):
        return f"{wrong[2]} is not {_WORDS.get(wrong[1], 'of the right kind')}"
    return f"The body is not what is expected here: {message}"
