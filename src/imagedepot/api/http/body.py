"""Bodies: JSON whatever the content type says, because `curl -d` says form."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from imagedepot.errors import InvalidInput, TooLarge

T = TypeVar("T", str, bool)

LARGEST = 1 << 20
_WORDS = {str: "a text", bool: "true or false"}


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


async def read_json(request: Request) -> dict[str, Any]:
    """An object; an empty body is an empty one. Raises `InvalidInput`, `TooLarge`."""
    return _object(await read(request))


async def read_form(request: Request) -> dict[str, Any]:
    """A form, or the same as JSON (`POST /login`)."""
    content = await read(request)
    if content.lstrip()[:1] in (b"{", b""):
        return _object(content)
    try:
        return dict(parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=20))
    except ValueError as error:
        raise InvalidInput("The body is neither a form nor JSON") from error


def _object(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput("The body is not a JSON object")
    return value


def text(body: dict[str, Any], key: str, default: str | None = None) -> str:
    """Raises `InvalidInput` when it is missing (without a default) or no text."""
    value = body.get(key)
    if value is None:
        if default is None:
            raise InvalidInput(f"{key} is missing")
        return default
    return _typed(key, value, str)


def flag(body: dict[str, Any], key: str, default: bool) -> bool:
    value = body.get(key)
    return default if value is None else _typed(key, value, bool)


def _typed(key: str, value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise InvalidInput(f"{key} is not {_WORDS[kind]}")
    return value
