"""`index.json`: which manifest each reference names. The truth of the embedded store; written whole or not at all.

An entry's `org.opencontainers.image.ref.name` is the full reference (`docker.io/library/redis:latest`), so that
`skopeo inspect oci:…/content:docker.io/library/redis:latest` finds it. What only we know of an image are annotations
under `io.imagedepot.`; a reader that does not know them is not disturbed.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from imagedepot.content.durable import write_durably
from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.manifest import OCI_INDEX, OCI_MANIFEST
from imagedepot.model.platform import Platform

REF_NAME = "org.opencontainers.image.ref.name"
OURS = "io.imagedepot."
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `index.json`. `name` is the full reference; `facts` are our annotations, without their prefix."""

    name: str
    digest: Digest
    size: int
    platform: Platform | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        ours = {f"{OURS}{key}": value for key, value in self.facts.items()}
        row: dict[str, Any] = {
            "mediaType": OCI_MANIFEST,
            "digest": str(self.digest),
            "size": self.size,
            "annotations": {REF_NAME: self.name, **self.others, **ours},
        }
        if self.platform:
            variant = {"variant": self.platform.variant} if self.platform.variant else {}
            row["platform"] = {"architecture": self.platform.architecture, "os": self.platform.os, **variant}
        return row


class Layout:
    """The index of the OCI image layout in `folder`. One writer; `entries` is replaced, never changed in place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "index.json"
        self._lock = threading.Lock()
        if not (folder / "oci-layout").is_file():
            write_durably(folder / "oci-layout", _LAYOUT)
        if not self._path.is_file():
            write_durably(self._path, _index([]))
        self.entries: Mapping[str, Entry] = self._read()

    def put(self, entry: Entry) -> None:
        """Name an image, or let its name mean another one from now on."""
        with self._lock:
            self._write({**self.entries, entry.name: entry})

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._write({name: entry for name, entry in self.entries.items() if name not in names})

    def _write(self, entries: Mapping[str, Entry]) -> None:
        write_durably(self._path, _index([entry.as_json() for entry in entries.values()]))
        self.entries = entries

    def _read(self) -> dict[str, Entry]:
        try:
            rows = orjson.loads(self._path.read_bytes())["manifests"]
            entries = [entry for row in rows if (entry := _entry(row)) is not None]
        except OSError as error:
            raise StorageFailure(f"Cannot read {self._path.name}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise StorageFailure(f"{self._path} is not an OCI image index; move it away to start anew") from error
        return {entry.name: entry for entry in entries}


def _index(manifests: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})


def _entry(row: Mapping[str, Any]) -> Entry | None:
    """None for what other hands put in and we cannot list: no name, or no image manifest."""
    annotations = {str(key): str(value) for key, value in (row.get("annotations") or {}).items()}
    name = annotations.pop(REF_NAME, "")
    platform = row.get("platform")
    try:
        digest = Digest.parse(str(row["digest"]))
    except InvalidReference:
        return None
    if not name or row.get("mediaType") != OCI_MANIFEST:
        return None
    return Entry(
        name,
        digest,
        int(row["size"]),
        Platform.of(platform["os"], platform["architecture"], platform.get("variant", "")) if platform else None,
        {key.removeprefix(OURS): value for key, value in annotations.items() if key.startswith(OURS)},
        {key: value for key, value in annotations.items() if not key.startswith(OURS)},
    )
