"""Detects the format of a catalog by its bytes, never by an address or a Content-Type."""

from __future__ import annotations

import json
from typing import Any

from imagedepot.errors import InvalidAnswer
from imagedepot.files import stored_json
from imagedepot.remote.catalogs import container_station, own, portainer, streams
from imagedepot.remote.catalogs.entry import Parsed

_UNKNOWN = "neither a list of Container Station, nor Portainer templates, nor another catalog that Image Depot can read"


def parse_catalog(raw: bytes) -> Parsed:
    """Parse a catalog of one document. Raises `InvalidAnswer`."""
    body = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body.startswith(b"<"):
        if body[:500].lower().startswith((b"<!doctype html", b"<html")):
            raise InvalidAnswer("This address returns a web page, not a catalog")
        return container_station.parse_center(body)
    document = loads(body)
    if isinstance(document, list):
        return _list(document)
    if not isinstance(document, dict):
        raise InvalidAnswer(f"It is {_UNKNOWN}")
    if "imagedepot" in document:
        return own.parse_own(document)
    if isinstance(document.get("templates"), list):
        return portainer.parse_templates(document["templates"], document.get("version", ""))
    if streams.is_index(document) or streams.is_products(document):
        raise InvalidAnswer("It belongs to an image server: add the server's own address instead")
    raise InvalidAnswer(f"It is {_UNKNOWN}")


def loads(raw: bytes) -> Any:
    """Parse JSON, also with what strict parsers refuse (a lone surrogate, a byte that is not UTF-8).

    Raises `InvalidAnswer`.
    """
    try:
        return stored_json.decode(raw)
    except ValueError:
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer("It is not JSON, or ends in the middle") from error


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _list(rows: list[Any]) -> Parsed:
    if portainer.is_list(rows):
        return portainer.parse_templates(rows, 1)
    if container_station.is_list(rows) or not rows:
        return container_station.parse_list(rows)
    raise InvalidAnswer(f"It is {_UNKNOWN}")
