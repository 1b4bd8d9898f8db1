"""Container Station's catalogs: `list.json`, and `qpkgcenter_eng.xml` of earlier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from imagedepot.errors import InvalidAnswer
from imagedepot.model.image import ImageType, RemoteFile
from imagedepot.remote.catalogs.entry import (
    LATEST,
    BadRow,
    Entry,
    Files,
    Parsed,
    Row,
    Section,
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

LIST = "Container Station"
CENTER = "Container Station (XML)"
_DOCKER_TYPES = ("docker", "ai", "iot")
_SECTIONS = {"qnap": Section.APP_CENTER, "dockerhub": Section.OFFICIAL}
_LARGEST_XML = 4 << 20  # an element tree takes many times the memory of its text
_SIZE = re.compile(r"[1-9][0-9]{0,15}")


def is_list(rows: list[Any]) -> bool:
    """Whether these are rows of `list.json`, recognised by its keys."""
    return any(isinstance(row, Mapping) and "repository" in row and "name" in row for row in rows)


def parse_list(rows: list[Any]) -> Parsed:
    return read_rows(LIST, rows, _read)


def parse_center(raw: bytes) -> Parsed:
    """Raises `InvalidAnswer`."""
    if len(raw) > _LARGEST_XML:
        raise InvalidAnswer(f"An XML catalog has at most {_LARGEST_XML:,} bytes")
    # Late: only this format needs it.
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InvalidAnswer("Not a well-formed XML catalog") from error
    rows = [{child.tag: child.text or "" for child in plugin} for plugin in root.iter("ctstation")]
    if not rows and root.tag != "plugins":
        raise InvalidAnswer("An XML document, but not a catalog of Container Station")
    return read_rows(CENTER, rows, _read_plugin)


def _read_plugin(row: Row) -> Iterable[Entry]:
    """Read a row with the keys of the XML; only `category` decides where it is listed."""
    section = _SECTIONS.get(row.get("category", ""))
    if section is None:
        return
    renamed = {**row, "displayName": row.get("name"), "name": row.get("internalName"), "type": row.get("imageType")}
    for entry in _read(renamed):
        yield replace(entry, section=section)


def _read(row: Row) -> Iterable[Entry]:
    kind, repository = row.get("type"), row.get("repository")
    if kind == "lxc":
        return (_lxc(row),)
    if kind in _DOCKER_TYPES and repository != "qnap":
        return (_docker(row),)
    if not isinstance(kind, str) or not kind:
        raise BadRow("no type")
    return ()  # compose applications, and types that later releases may add


def _docker(row: Row) -> Entry:
    name, tag = docker_image(row.get("name"), row.get("version"))
    return Entry(
        ImageType.DOCKER,
        name,
        title_of(row.get("displayName"), name),
        tag,
        text(row.get("description")),
        url_of(row.get("icon")),
        url_of(row.get("location")),
        architecture_of(row.get("arch")),
    )


def _lxc(row: Row) -> Entry:
    """An LXC row. Its version is the distribution's; `location` is downloaded, whatever the tag."""
    name, location = lxc_name(row.get("name")), row.get("location")
    if not isinstance(location, str):
        raise BadRow("no location")
    location = location.strip()
    Address.of(location)
    title, version = title_of(row.get("displayName"), name), text(row.get("version"), 128) or LATEST
    description, size = text(row.get("description")), text(row.get("size"), 20)
    architecture = architecture_of(row.get("arch"))
    facts = {"os": title, "release": version, "architecture": architecture, "description": description or title}
    properties = {key: value for key, value in facts.items() if value}
    return Entry(
        ImageType.LXC,
        name,
        title,
        version,
        description,
        url_of(row.get("icon")),
        location,
        architecture,
        size if _SIZE.fullmatch(size) else "",
        # The size in a catalog is that of the unpacked image, not of the file.
        files=Files((RemoteFile(location, None, checksum_of(row)),), properties=properties),
    )
