"""`index.json`: which manifest each reference names. The truth of the embedded store; written whole or not at all.

An entry's `org.opencontainers.image.ref.name` is the full reference (`docker.io/library/redis:latest`), so that
`skopeo inspect oci:…/content:docker.io/library/redis:latest` finds it. What only we know of an image are annotations
under `io.imagedepot.`; a reader that does not know them is not disturbed. What other hands put in (an index, an
artifact, a row without a name) is no image of ours and stays word for word as it is.

Lost, emptied or broken, it is read from its copy (`index_file.py`), and `loss` names the reason until `rebuilt`.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from imagedepot.content.index.index_file import IndexFile, Write
from imagedepot.content.watchers import Watchers
from imagedepot.files import stored_json
from imagedepot.files.atomic import write_durably
from imagedepot.model.content.manifest import OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform
from imagedepot.protocols import Entry

REF_NAME = "org.opencontainers.image.ref.name"
OURS = "io.imagedepot."
_OUR_KEYS = frozenset({"mediaType", "digest", "size", "annotations", "platform"})
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_UNNAMED = f"{OURS}unnamed"
_EMPTIED = f"{OURS}emptied"


class Layout:
    """`protocols.Index` on disk: that of the OCI image layout in `folder`. One process writes it; `entries` is
    replaced, never changed in place.

    `strangers`: what the rows name that are not ours to list; `unnamed`: manifests that lost their names.
    `loss`: why the index is not the one that was written last ("is missing"), or "".
    """

    def __init__(self, folder: Path, write: Write = write_durably) -> None:
        self._file = IndexFile(folder / "index.json", _parse, write)
        self._lock = threading.Lock()
        self._watchers = Watchers()
        self.watch = self._watchers.watch
        if not (folder / "oci-layout").is_file():
            write_durably(folder / "oci-layout", LAYOUT)
        frame, self.loss = self._file.load()
        has_blobs = any(path.is_file() for path in (folder / "blobs").glob("*/*"))
        if not has_blobs:
            self.loss = ""  # a first start, or nothing to lose
        elif frame is not None and not self.loss and not _is_ours(frame):
            # Another program's index, or an emptied one, in the place of ours: its rows, and those of the copy.
            copy = self._file.load_copy()
            gone = _gone(frame, copy) if copy is not None and _is_ours(copy) else []
            if gone:
                self.loss = "names none of the images that were here"
                frame = {**frame, "manifests": [*frame["manifests"], *gone]}
            elif not frame["manifests"]:
                self.loss = "is empty"
        self._frame: dict[str, Any] = frame or {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        rows: list[tuple[Any, Entry | None]] = [(row, entry_of(row)) for row in self._frame["manifests"]]
        self._foreign: list[Any] = []
        self.strangers: tuple[Digest, ...] = ()
        self.unnamed: tuple[Digest, ...] = ()
        self._keep([row for row, entry in rows if entry is None])
        self.entries: Mapping[str, Entry] = {entry.name: entry for _, entry in rows if entry is not None}
        if frame is None and not self.loss:
            self._file.save(stored_json.encode(_stamped(self._frame, has_rows=False)))

    def put(self, entry: Entry) -> None:
        """Name an image, or let its name mean another one from now on."""
        with self._lock:
            self._write({**self.entries, entry.name: entry})

        self._watchers.tell()

    def swap(self, before: Entry | None, after: Entry) -> bool:
        """As `put`, but only if the name still means `before` (None: nothing); whether it did."""
        with self._lock:
            if self.entries.get(after.name) != before:
                return False
            self._write({**self.entries, after.name: after})
        self._watchers.tell()
        return True

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._write({name: entry for name, entry in self.entries.items() if name not in names})
        self._watchers.tell()

    def rebuilt(self, keep: Collection[str], unnamed: Mapping[Digest, int]) -> None:
        """End a loss: the entries in `keep` stay, and manifests that nothing names get rows without a name.

        `unnamed`: the bytes of each.
        """
        bare = [
            {"mediaType": OCI_MANIFEST, "digest": str(digest), "size": size, "annotations": {_UNNAMED: "true"}}
            for digest, size in unnamed.items()
        ]
        with self._lock:
            self._write({name: self.entries[name] for name in keep}, [*self._foreign, *bare])
            self.loss = ""
        self._watchers.tell()

    def forget_unnamed(self) -> None:
        """Drop the rows that `rebuilt` made for manifests without a name."""
        with self._lock:
            kept = [row for row in self._foreign if not _is_unnamed(row)]
            if len(kept) < len(self._foreign):
                self._write(self.entries, kept)
        self._watchers.tell()

    def _write(self, entries: Mapping[str, Entry], foreign: Sequence[Any] | None = None) -> None:
        named = {str(entry.digest) for entry in entries.values()}
        others = [
            row
            for row in (self._foreign if foreign is None else foreign)
            if not (_is_unnamed(row) and row["digest"] in named)
        ]
        rows = [*map(as_row, entries.values()), *others]
        self._file.save(stored_json.encode({**_stamped(self._frame, bool(rows)), "manifests": rows}))
        self.entries = entries
        self._keep(others)

    def _keep(self, foreign: list[Any]) -> None:
        self._foreign = foreign
        self.strangers = tuple(_digests(row for row in foreign if not _is_unnamed(row)))
        self.unnamed = tuple(_digests(row for row in foreign if _is_unnamed(row)))


def as_row(entry: Entry) -> dict[str, Any]:
    """The entry's line: ours beside what other programs gave it."""
    ours = {f"{OURS}{key}": value for key, value in entry.facts.items()}
    row: dict[str, Any] = {
        **entry.more,
        "mediaType": OCI_MANIFEST,
        "digest": str(entry.digest),
        "size": entry.size,
        "annotations": {REF_NAME: entry.name, **entry.others, **ours},
    }
    if entry.platform:
        variant = {"variant": entry.platform.variant} if entry.platform.variant else {}
        row["platform"] = {"architecture": entry.platform.architecture, "os": entry.platform.os, **variant}
    return row


def _parse(content: bytes) -> dict[str, Any]:
    """Raises `ValueError`."""
    if not content.strip():
        raise ValueError("is empty")
    try:
        frame = stored_json.decode(content)
    except ValueError as error:
        raise ValueError("is not JSON") from error
    rows = frame.get("manifests") if isinstance(frame, dict) else None
    if isinstance(rows, list):
        return dict(frame)
    raise ValueError("is not an OCI image index")


def _stamped(frame: dict[str, Any], has_rows: bool) -> dict[str, Any]:
    """An index that we emptied says so: else the images that were removed last would come back from the copy."""
    kept = {key: value for key, value in _annotations(frame).items() if key != _EMPTIED}
    if not has_rows:
        kept[_EMPTIED] = "true"
    rest = {key: value for key, value in frame.items() if key != "annotations"}
    return {**rest, "annotations": kept} if kept else rest


def _annotations(row: Any) -> dict[str, Any]:
    """Of a row or of the index itself; empty where it has none that make sense."""
    found = row.get("annotations") if isinstance(row, dict) else None
    return found if isinstance(found, dict) else {}


def _is_ours(frame: dict[str, Any]) -> bool:
    """Whether we wrote it: a row has one of our annotations, or the index has."""
    return any(str(key).startswith(OURS) for row in (frame, *frame["manifests"]) for key in _annotations(row))


def _is_unnamed(row: Any) -> bool:
    return set(_annotations(row)) == {_UNNAMED}


def _gone(frame: dict[str, Any], copy: dict[str, Any]) -> list[Any]:
    """Rows of the copy whose names are not in the index."""
    names = {_annotations(row).get(REF_NAME) for row in frame["manifests"]}
    return [row for row in copy["manifests"] if _annotations(row).get(REF_NAME) not in names]


def entry_of(row: Any) -> Entry | None:
    """The entry of a row; None for one that we cannot list: without a name, or not an image manifest.

    An annotation of ours that is not text and a platform that is none cost themselves alone.
    """
    try:
        annotations = dict(row["annotations"])
        name, media_type = annotations.pop(REF_NAME), row["mediaType"]
        digest, size = Digest.try_parse(row["digest"]), row["size"]
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(name, str) or not name or digest is None or type(size) is not int or media_type != OCI_MANIFEST:
        return None
    ours = {key for key in annotations if key.startswith(OURS)}
    return Entry(
        name,
        digest,
        size,
        _platform(row.get("platform")),
        {key.removeprefix(OURS): annotations[key] for key in ours if isinstance(annotations[key], str)},
        {key: value for key, value in annotations.items() if key not in ours},
        {key: value for key, value in row.items() if key not in _OUR_KEYS},
    )


def _platform(value: Any) -> Platform | None:
    """The platform of a row; None without a valid one."""
    if not isinstance(value, dict):
        return None
    parts = [value.get("os"), value.get("architecture"), value.get("variant") or None]
    texts = [part for part in parts if isinstance(part, str)]
    return Platform.try_parse("/".join(texts)) if len(texts) >= 2 and parts[1] in texts else None


def _digests(rows: Iterable[Any]) -> Iterator[Digest]:
    """The digests of the rows that have one."""
    for row in rows:
        digest = Digest.try_parse(row.get("digest")) if isinstance(row, dict) else None
        if digest is not None:
            yield digest
