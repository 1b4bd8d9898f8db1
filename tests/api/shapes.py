"""Holds answers against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker

_TO_THE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_moment(value: object) -> bool:
    """RFC 3339 in UTC to the second: the one way that the API writes times."""
    return not isinstance(value, str) or _TO_THE_SECOND.fullmatch(value) is not None


def check(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """What is wrong with the value, each with its place; empty when it is as the document says."""
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, format_checker=_formats)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(value)]


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
                if "$ref" in promised:
                    promised = self.content["components"]["responses"][promised["$ref"].rpartition("/")[2]]
                media, content = next(iter(promised["content"].items()))
                if not kind.startswith(media.removesuffix("*")):
                    return [f"{method} {path}: {kind} in place of {media}"]
                if media != "application/json":
                    return []
                return check(json.loads(answer), content["schema"], self.content)
        return []


@lru_cache
def document(text: bytes) -> Document:
    """Of the services of a run most have the same."""
    return Document(json.loads(text))


_PART = re.compile(r"\{(\w+)\}")


def _pattern(part: re.Match[str]) -> str:
    return "(.+)" if part[1] == "name" else "([^/]+)"
