"""Parses our own catalog format (`docs/catalogs.md`): one row for an image and all its architectures.

    {"imagedepot": 1, "title": "…", "images": [
      {"image": "ghcr.io/a/b:1", "title": "…", "description": "…", "category": "…", "project": "https://…",
       "icon": "https://…", "arch": "amd64 arm64"},
      {"lxc": "debian/trixie", "title": "…", …, "arch": "amd64", "location": "https://…", "sha256": "…"}]}

An LXC row without `location` names an image of the image server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from imagedepot.errors import InvalidAnswer
from imagedepot.model.image import ImageType, RemoteFile
from imagedepot.remote.catalogs.builtin_icons import is_builtin
from imagedepot.remote.catalogs.entry import (
    LATEST,
    BadRow,
    Entry,
    Files,
    Parsed,
    Row,
    architecture_of,
    checksum_of,
    docker_image,
    lxc_name,
    read_rows,
    text,
    title_of,
    url_of,
)
from imagedepot.remote.http.address import Address

FORMAT = "Image Depot"
_MOST_ARCHITECTURES = 12


def parse_own(document: dict[str, Any]) -> Parsed:
    """Parse the document. Raises `InvalidAnswer` for an unknown version."""
    rows = document.get("images")
    if document.get("imagedepot") != 1 or not isinstance(rows, list):
        raise InvalidAnswer("A catalog of Image Depot in a version that this one cannot read")
    return read_rows(FORMAT, rows, _read, text(document.get("title"), 100))


def _read(row: Row) -> Iterable[Entry]:
    entry = _lxc(row) if "lxc" in row else _docker(row)
    names = row.get("arch")
    architectures = names.split()[:_MOST_ARCHITECTURES] if isinstance(names, str) else [""]
    return [replace(entry, architecture=architecture_of(each)) for each in dict.fromkeys(architectures or [""])]


def _docker(row: Row) -> Entry:
    name, tag = docker_image(row.get("image"))
    return replace(_common(row, ImageType.DOCKER, name), version=tag)


def _lxc(row: Row) -> Entry:
    name = lxc_name(row.get("lxc"))
    entry = _common(row, ImageType.LXC, name)
    location = row.get("location")
    if location is None:
        return entry
    if not isinstance(location, str):
        raise BadRow("its location is no text")
    location = location.strip()
    Address.of(location)
    os, _, release = name.partition("/")
    properties = {"os": os, "release": release or LATEST, "description": entry.description or entry.title}
    return replace(entry, files=Files((RemoteFile(location, None, checksum_of(row)),), properties=properties))


def _icon(value: object) -> str:
    return value if isinstance(value, str) and is_builtin(value) else url_of(value)


def _common(row: Row, type_: ImageType, name: str) -> Entry:
    category = text(row.get("category"), 100)
    return Entry(
        type_,
        name,
        title_of(row.get("title"), name),
        description=text(row.get("description")),
        icon=_icon(row.get("icon")),
        location=url_of(row.get("project")),
        categories=(category,) if category else (),
    )
