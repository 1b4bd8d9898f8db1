"""`lxc/index.json`: which files are which LXC image. The truth of the embedded store; written whole or not at all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from imagedepot.content.index.index_file import IndexFile, Write
from imagedepot.files import stored_json
from imagedepot.files.atomic import write_durably
from imagedepot.model.depot import DepotId, try_depot_id
from imagedepot.model.digest import Digest
from imagedepot.model.image import LXC_TAG, ImageType, InstalledImage, Remark
from imagedepot.model.platform import Platform
from imagedepot.model.stores import EMBEDDED
from imagedepot.model.text.moment import parse_moment
from imagedepot.model.text.texts import short

_VERSION = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LxcEntry:
    """One image. `files`: one unified file, or metadata and rootfs; `size`: bytes of them all; `format`: the shape in
    which it came."""

    name: str
    files: tuple[Digest, ...]
    size: int
    fingerprint: str
    format: str
    architecture: str = ""
    created: datetime | None = None
    installed: datetime | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    depot: DepotId | None = None
    remark: Remark = field(default_factory=Remark)
    verified: bool = True

    def image(self) -> InstalledImage:
        return InstalledImage(
            ImageType.LXC,
            self.name,
            LXC_TAG,
            self.size,
            digest=Digest("sha256", self.fingerprint),
            id=self.fingerprint,
            platform=Platform.try_parse(self.architecture),
            created=self.created,
            installed_at=self.installed,
            depot=self.depot,
            remark=self.remark,
            verified=self.verified,
            store=EMBEDDED,
        )


class LxcIndex:
    """One writer; `entries` is replaced, never changed in place.

    A row that cannot be read is not listed, and stays in the file word for word.

    `strangers`: the files of such rows. `loss`: why the index is not the one that was written last ("is missing"), or
    "". A folder without an index is a loss: both are made with the first image; without the folder too the index
    `is_new`.
    """

    def __init__(self, path: Path, write: Write = write_durably) -> None:
        self._file = IndexFile(path, _parse, write)
        self._lock = threading.Lock()
        self.is_new = not path.parent.is_dir()
        rows, loss = self._file.load()
        self.loss = "" if self.is_new else loss
        read = [(row, entry_of(row)) for row in rows or ()]
        self._foreign = [row for row, entry in read if entry is None]
        for row in self._foreign:
            _log.warning("an image in %s cannot be read and is not listed: %s", path, short(row))
        self.strangers = tuple(digest for row in self._foreign for digest in _files(row) if digest)
        self.entries: Mapping[str, LxcEntry] = {entry.name: entry for _, entry in read if entry is not None}

    def put(self, entry: LxcEntry) -> None:
        """Add an entry, or replace the one of its name."""
        with self._lock:
            self._write({**self.entries, entry.name: entry})

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._write({name: entry for name, entry in self.entries.items() if name not in names})

    def rebuilt(self, keep: Collection[str]) -> None:
        """End a loss, or begin a new index: the entries in `keep` stay."""
        with self._lock:
            self._write({name: self.entries[name] for name in keep})
            self.loss, self.is_new = "", False

    def _write(self, entries: Mapping[str, LxcEntry]) -> None:
        rows = [*(as_row(entries[name]) for name in sorted(entries)), *self._foreign]
        self._file.save(msgspec.json.format(stored_json.encode({"version": _VERSION, "images": rows})))
        self.entries = entries


def _parse(content: bytes) -> list[Any]:
    """The rows. Raises `ValueError`."""
    if not content.strip():
        raise ValueError("is empty")
    try:
        frame = stored_json.decode(content)
    except ValueError as error:
        raise ValueError("is not JSON") from error
    if not isinstance(frame, dict) or frame.get("version") != _VERSION or not isinstance(frame.get("images"), list):
        raise ValueError("is not a list of LXC images")
    rows: list[Any] = frame["images"]
    return rows


def as_row(entry: LxcEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "files": [str(digest) for digest in entry.files],
        "size": entry.size,
        "fingerprint": entry.fingerprint,
        "format": entry.format,
        "architecture": entry.architecture,
        "created": entry.created.isoformat() if entry.created else None,
        "installed": entry.installed.isoformat() if entry.installed else None,
        "properties": dict(entry.properties),
        "depot": entry.depot if entry.depot else None,
        "description": entry.remark.description,
        "location": entry.remark.location,
        "icon": entry.remark.icon,
        "verified": entry.verified,
    }


def entry_of(row: Any) -> LxcEntry | None:
    """An entry; None for a row without valid name and files. Other fields that cannot be read are left out."""
    files = _files(row)
    if not files or None in files:
        return None
    name, size, fingerprint = row.get("name"), row.get("size"), Digest.try_parse(f"sha256:{row.get('fingerprint')}")
    if not isinstance(name, str) or not name or type(size) is not int or size < 0 or fingerprint is None:
        return None
    properties = row.get("properties")
    return LxcEntry(
        name,
        tuple(digest for digest in files if digest),
        size,
        fingerprint.hex,
        _text(row, "format"),
        _text(row, "architecture"),
        parse_moment(row.get("created")),
        parse_moment(row.get("installed")),
        {key: str(value) for key, value in properties.items()} if isinstance(properties, dict) else {},
        try_depot_id(row.get("depot")),
        Remark(_text(row, "description"), _text(row, "location"), _text(row, "icon")),
        row.get("verified") is True,
    )


def _files(row: Any) -> list[Digest | None]:
    """The digests that a row names, None for each text that is not one."""
    files = row.get("files") if isinstance(row, dict) else None
    return [Digest.try_parse(text) for text in files] if isinstance(files, list) else []


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
