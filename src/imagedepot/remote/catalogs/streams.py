"""Parses simplestreams, the format of the image servers of LXC, LXD and Incus (launchpad.net/simplestreams).

A server's index names product files; a product is one image for one architecture, in several versions of which the
newest counts. We use the files that suit LXC best: metadata and `root.tar.xz`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from string import digits
from typing import Any
from urllib.parse import quote

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, RemoteFile
from imagedepot.remote.catalogs.entry import (
    BadRow,
    Entry,
    Files,
    Parsed,
    Row,
    architecture_of,
    lxc_name,
    read_rows,
    text,
)

FORMAT = "simplestreams"
INDEX = "streams/v1/index.json"
_IMAGES = "image-downloads"
_METADATA = ("incus.tar.xz", "lxd.tar.xz")
_UNIFIED = ("incus_combined.tar.gz", "lxd_combined.tar.gz")
# In order of preference, each with the keys of its fingerprint in the metadata's item.
_ROOTS: Mapping[str, Sequence[str]] = {
    "root.tar.xz": ("combined_rootxz_sha256", "combined_sha256"),
    "squashfs": ("combined_squashfs_sha256",),
}
_DATE = re.compile(r"\d{8}")
_DATE_LENGTH = 8
_RUNS = re.compile(r"[0-9]+|[^0-9]+")
_TIME = re.compile(r"(\d{8})(?:[_.](\d{2}):?(\d{2}))?")
_MOST_VERSIONS_TRIED = 5
_MOST_ALIASES = 50
_LARGEST = 1 << 50


def is_index(document: Mapping[str, Any]) -> bool:
    return document.get("format") == "index:1.0" and isinstance(document.get("index"), dict)


def is_products(document: Mapping[str, Any]) -> bool:
    return document.get("format") == "products:1.0" and isinstance(document.get("products"), dict)


def product_paths(index: Mapping[str, Any]) -> list[str]:
    """The paths of the product files in an index, relative to the server."""
    found = []
    for each in index["index"].values():
        if isinstance(each, dict) and each.get("datatype") == _IMAGES and isinstance(each.get("path"), str):
            path = each["path"]
            if _is_inside(path) and path not in found:
                found.append(path)
    return found


def parse_products(documents: Iterable[Mapping[str, Any]], server: str) -> Parsed:
    """`server`: its address, which paths are relative to. The greatest version of a name and architecture counts."""
    rows = [row for document in documents for row in document["products"].values()]
    parsed = read_rows(FORMAT, rows, lambda row: _read(row, server))
    newest: dict[tuple[str, str], Entry] = {}
    for entry in parsed.entries:
        key = (entry.name, entry.architecture)
        if key not in newest or _serial_order(newest[key]) < _serial_order(entry):
            newest[key] = entry
    return Parsed(parsed.format, tuple(newest.values()), parsed.title, parsed.skipped, parsed.left_out)


def _serial_order(entry: Entry) -> tuple[object, ...]:
    return _age_order(entry.files.properties.get("serial", "") if entry.files else "")


def _age_order(serial: str) -> tuple[object, ...]:
    """A sort key: by date, then by the number behind it, so that `20260101.9` is older than `20260101.10`.

    LXD compares versions as strings; the orders differ only when those numbers differ in length.
    """
    return (serial[:_DATE_LENGTH], *map(_run_order, _RUNS.findall(serial[_DATE_LENGTH:])))


def _run_order(run: str) -> tuple[bool, int, str]:
    """A sort key of a run of characters: digits by their value, anything else as text."""
    number = run.lstrip("0")
    return (True, len(number), number) if run[0] in digits else (False, 0, run)


def _read(row: Row, server: str) -> Iterable[Entry]:
    os, release, variant = (text(row.get(key), 80) for key in ("os", "release", "variant"))
    architecture = architecture_of(row.get("arch"))
    if not os or not release or not architecture:
        raise BadRow("no os, release or architecture")
    parts = [os, release] if variant in ("", "default") else [os, release, variant]
    name = lxc_name("/".join(parts).lower().replace(" ", "-"))
    serial, files = _newest(row, server, name)
    if files is None:
        return ()  # a virtual machine
    title = " ".join([os, text(row.get("release_title"), 80) or release, *parts[2:]])
    created = _time(serial)
    properties = {
        "os": os,
        "release": release,
        "variant": variant or "default",
        "architecture": architecture,
        "serial": serial,
        "description": f"{title} {architecture} ({serial})",
    }
    fingerprint, remote = files
    size = sum(file.size or 0 for file in remote)
    return (
        Entry(
            ImageType.LXC,
            name,
            title,
            architecture=architecture,
            size=str(size) if all(file.size for file in remote) else "",
            aliases=_aliases(row.get("aliases"), os.lower(), name),
            files=Files(remote, fingerprint, properties, created),
        ),
    )


_Usable = tuple[str | None, tuple[RemoteFile, ...]]


def _newest(row: Row, server: str, name: str) -> tuple[str, _Usable | None]:
    """The greatest complete version. Raises `BadRow` when all versions with a container are broken."""
    versions = row.get("versions")
    if not isinstance(versions, dict):
        raise BadRow("no versions")
    dated = sorted((key for key in versions if _DATE.match(key)), key=_age_order, reverse=True)
    broken = False
    for serial in dated[:_MOST_VERSIONS_TRIED]:
        version = versions[serial]
        items = version.get("items") if isinstance(version, dict) else None
        try:
            usable = _usable(items, server) if isinstance(items, dict) else None
        except (BadRow, InvalidReference):
            broken = True
            continue
        if usable is not None:
            return serial, usable
    if broken or not dated:
        raise BadRow(f"{name}: no version is whole")
    return "", None


def _usable(items: Mapping[str, Any], server: str) -> _Usable | None:
    """The files of one version, and its fingerprint; None when it has no container."""
    each = [item for item in items.values() if isinstance(item, dict)]
    by_type = {item["ftype"]: item for item in each if isinstance(item.get("ftype"), str)}
    metadata = next((by_type[kind] for kind in _METADATA if kind in by_type), None)
    unified = next((by_type[kind] for kind in _UNIFIED if kind in by_type), None)
    if metadata is not None and "root.tar.xz" in by_type:
        return _split(metadata, by_type["root.tar.xz"], server)
    if unified is not None:
        file = _file(unified, server)
        return (file.sha256.hex if file.sha256 else None), (file,)
    if metadata is not None and "squashfs" in by_type:
        return _split(metadata, by_type["squashfs"], server)
    return None


def _split(metadata: Row, root: Row, server: str) -> _Usable:
    text = next((metadata[key] for key in _ROOTS[root["ftype"]] if isinstance(metadata.get(key), str)), None)
    fingerprint = Digest.parse(f"sha256:{text.lower()}").hex if text else None
    return fingerprint, (_file(metadata, server), _file(root, server))


def _file(item: Row, server: str) -> RemoteFile:
    path, size, sha256 = item.get("path"), item.get("size"), item.get("sha256")
    if not isinstance(path, str) or not _is_inside(path) or not isinstance(sha256, str):
        raise BadRow("an item without a path or checksum")
    known = isinstance(size, int) and not isinstance(size, bool) and 0 < size < _LARGEST
    url = f"{server.rstrip('/')}/{quote(path, safe='/:+~%@=,')}"
    return RemoteFile(url, size if known else None, Digest.parse(f"sha256:{sha256.lower()}"))


def _is_inside(path: str) -> bool:
    """Whether a path stays below the server's address."""
    parts = path.split("/")
    if not path.isprintable() or set(r"\?#") & set(path):
        return False
    return ":" not in parts[0] and not {"", ".", ".."} & set(parts)


def _aliases(value: object, os: str, name: str) -> tuple[str, ...]:
    """The server's aliases; short ones (`24.04`) also with the system in front."""
    found: dict[str, None] = {}
    for alias in value.split(",")[:_MOST_ALIASES] if isinstance(value, str) else ():
        try:
            short = lxc_name(alias.strip().lower())
        except BadRow:
            continue
        found[short] = None
        if "/" not in short:
            found[f"{os}/{short}"] = None
    found.pop(name, None)
    return tuple(found)


def _time(serial: str) -> datetime | None:
    match = _TIME.match(serial)
    if match is None:
        return None
    try:
        return datetime.strptime(f"{match[1]}{match[2] or '00'}{match[3] or '00'}", "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
