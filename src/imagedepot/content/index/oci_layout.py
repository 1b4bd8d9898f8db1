"""`index.json`: which manifest each reference names. The truth of the embedded store; written whole or not at all.

An entry's `org.opencontainers.image.ref.name` is the full reference (`docker.io/library/redis:latest`), so that
`skopeo inspect oci:…/content:docker.io/library/redis:latest` finds it. What only we know of an image are annotations
under `io.imagedepot.`; a reader that does not know them is not disturbed. What other hands put in (an index, an
artifact, a row without a name) is no image of ours and stays word for word as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.files.atomic import write_durably
from imagedepot.model.digest import Digest
from imagedepot.model.manifest import OCI_INDEX, OCI_MANIFEST
from imagedepot.model.platform import Platform

REF_NAME = "org.opencontainers.image.ref.name"
OURS = "io.imagedepot."
_OUR_KEYS = frozenset({"mediaType", "digest", "size", "annotations", "platform"})
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `index.json`. `name` is the full reference; `facts` are our annotations, without their prefix.

    `others` and `more` are annotations and keys of other hands.
    """

    name: str
    digest: Digest
    size: int
    platform: Platform | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        ours = {f"{OURS}{key}": value for key, value in self.facts.items()}
        row: dict[str, Any] = {
            **self.more,
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
    """The index of the OCI image layout in `folder`. One writer; `entries` is replaced, never changed in place.

    `strangers`: what the rows name that are not ours to list.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "index.json"
        self._lock = threading.Lock()
        if not (folder / "oci-layout").is_file():
            write_durably(folder / "oci-layout", LAYOUT)
        if not self._path.is_file():
            write_durably(self._path, orjson.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}))
        self._frame = self._read()
        rows = [(row, _entry(row)) for row in self._frame["manifests"]]
        self._foreign = [row for row, entry in rows if entry is None]
        self.strangers = tuple(_digests(self._foreign))
        self.entries: Mapping[str, Entry] = {entry.name: entry for _, entry in rows if entry is not None}

    def put(self, entry: Entry) -> None:
        """Name an image, or let its name mean another one from now on."""
        with self._lock:
            self._write({**self.entries, entry.name: entry})

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._write({name: entry for name, entry in self.entries.items() if name not in names})

    def _write(self, entries: Mapping[str, Entry]) -> None:
        rows = [*(entry.as_json() for entry in entries.values()), *self._foreign]
        write_durably(self._path, orjson.dumps({**self._frame, "manifests": rows}))
        self.entries = entries

    def _read(self) -> dict[str, Any]:
        try:
            frame = orjson.loads(self._path.read_bytes())
        except OSError as error:
            raise StorageFailure(f"Cannot read {self._path.name}: {error.strerror}") from error
        except ValueError:
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("manifests"), list):
            raise StorageFailure(f"{self._path} is not an OCI image index; move it away to start anew")
        return frame


def _entry(row: Any) -> Entry | None:
    """None for what other hands put in and we cannot list: no name, no image manifest, nothing that makes sense."""
    try:
        annotations = dict(row["annotations"])
        name = annotations.pop(REF_NAME)
        digest, size = Digest.parse(row["digest"]), row["size"]
        platform = _platform(row.get("platform"))
        texts = all(isinstance(value, str) for value in (name, *annotations.values()))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidReference):
        return None
    if not texts or not name or not isinstance(size, int) or row["mediaType"] != OCI_MANIFEST:
        return None
    return Entry(
        name,
        digest,
        size,
        platform,
        {key.removeprefix(OURS): value for key, value in annotations.items() if key.startswith(OURS)},
        {key: value for key, value in annotations.items() if not key.startswith(OURS)},
        {key: value for key, value in row.items() if key not in _OUR_KEYS},
    )


def _platform(value: Mapping[str, str] | None) -> Platform | None:
    return Platform.of(value["os"], value["architecture"], value.get("variant", "")) if value else None


def _digests(rows: Iterable[Any]) -> Iterator[Digest]:
    """Of those rows that name one."""
    for row in rows:
        try:
            yield Digest.parse(row["digest"])
        except (KeyError, TypeError, AttributeError, InvalidReference):
            continue
