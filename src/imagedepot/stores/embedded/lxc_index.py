"""`lxc/index.json`: which files are which LXC image. The truth of the embedded store; written whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.digest import Digest
from imagedepot.model.image import LXC_TAG, DepotName, ImageType, InstalledImage, Remark
from imagedepot.model.platform import Platform

_VERSION = 1


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
    depot: DepotName | None = None
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
        )


class LxcIndex:
    """One writer; `entries` is replaced, never changed in place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.entries: Mapping[str, LxcEntry] = self._read()

    def put(self, entry: LxcEntry) -> None:
        """Name an image, or let its name mean another one from now on."""
        with self._lock:
            self._write({**self.entries, entry.name: entry})

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._write({name: entry for name, entry in self.entries.items() if name not in names})

    def _write(self, entries: Mapping[str, LxcEntry]) -> None:
        rows = [_row(entries[name]) for name in sorted(entries)]
        write_durably(self._path, orjson.dumps({"version": _VERSION, "images": rows}, option=orjson.OPT_INDENT_2))
        self.entries = entries

    def _read(self) -> dict[str, LxcEntry]:
        try:
            content = orjson.loads(self._path.read_bytes())
            if content["version"] != _VERSION:
                raise ValueError("another version")
            entries = [_entry(row) for row in content["images"]]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageFailure(f"Cannot read {self._path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError, InvalidReference) as error:
            raise StorageFailure(f"{self._path} is not our list of LXC images; move it away to start anew") from error
        return {entry.name: entry for entry in entries}


def _row(entry: LxcEntry) -> dict[str, Any]:
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
        "depot": entry.depot.value if entry.depot else None,
        "description": entry.remark.description,
        "location": entry.remark.location,
        "icon": entry.remark.icon,
        "verified": entry.verified,
    }


def _entry(row: Mapping[str, Any]) -> LxcEntry:
    return LxcEntry(
        str(row["name"]),
        tuple(Digest.parse(text) for text in row["files"]),
        int(row["size"]),
        Digest.parse(f"sha256:{row['fingerprint']}").hex,
        str(row["format"]),
        str(row["architecture"]),
        _moment(row["created"]),
        _moment(row["installed"]),
        {str(key): str(value) for key, value in row["properties"].items()},
        DepotName(row["depot"]) if row["depot"] else None,
        Remark(str(row["description"]), str(row["location"]), str(row["icon"])),
        bool(row["verified"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
