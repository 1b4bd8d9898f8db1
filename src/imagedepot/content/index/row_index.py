"""An index as rows, one for each name, which several nodes share: `protocols.Index` over `protocols.rows.ImageRows`.

A row's text is what `index.json` would hold of it. All of it is in memory as well; what others change is loaded again.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any

from imagedepot.content.index.oci_layout import as_row, entry_of
from imagedepot.content.watchers import Watchers
from imagedepot.files import stored_json
from imagedepot.model.digest import Digest
from imagedepot.protocols import Entry
from imagedepot.protocols.rows import ImageRows

_BARE = "@"
"""Begins the name of a row that keeps a manifest without one: `@sha256:…`. No reference begins so."""


class RowIndex:
    """`entries` is replaced, never changed in place. Nothing is lost with a node, so there is no `loss`."""

    loss = ""
    strangers: tuple[Digest, ...] = ()

    def __init__(self, rows: ImageRows) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._watchers = Watchers()
        self.watch = self._watchers.watch
        self._texts: dict[str, str] = {}
        self.entries: Mapping[str, Entry] = {}
        self.unnamed: tuple[Digest, ...] = ()
        self._load(None)

    def put(self, entry: Entry) -> None:
        text = _text(entry)
        with self._lock:
            self._rows.put(entry.name, text)
            self._named(entry, text)
        self._watchers.tell()

    def swap(self, before: Entry | None, after: Entry) -> bool:
        text = _text(after)
        with self._lock:
            if self.entries.get(after.name) != before:
                return False
            if not self._rows.swap(after.name, self._texts.get(after.name), text):
                self._load([after.name])
                return False
            self._named(after, text)
        self._watchers.tell()
        return True

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._rows.remove(names)
            self._drop(names)
        self._watchers.tell()

    def rebuilt(self, keep: Collection[str], unnamed: Mapping[Digest, int]) -> None:
        with self._lock:
            self._rows.remove([name for name in self.entries if name not in keep])
            for digest, size in unnamed.items():
                self._rows.put(f"{_BARE}{digest}", str(size))
            self._load(None)
        self._watchers.tell()

    def forget_unnamed(self) -> None:
        with self._lock:
            self._rows.remove([f"{_BARE}{digest}" for digest in self.unnamed])
            self._load(None)
        self._watchers.tell()

    def reload(self, names: Collection[str] | None) -> None:
        """Load again what others have changed; None: all of it."""
        with self._lock:
            before = self._texts
            self._load(names)
            is_new = before != self._texts
        if is_new:
            self._watchers.tell()

    def _load(self, names: Collection[str] | None) -> None:
        found = self._rows.all(names)
        kept = {} if names is None else {name: text for name, text in self._texts.items() if name not in names}
        texts = {**kept, **found}
        known = self.entries
        self.entries = {
            name: entry
            for name, text in texts.items()
            if not name.startswith(_BARE)
            and (entry := known[name] if name in known and self._texts.get(name) == text else _entry(text)) is not None
        }
        self._texts = texts
        self._note_unnamed()

    def _named(self, entry: Entry, text: str) -> None:
        self._texts = {**self._texts, entry.name: text}
        self.entries = {**self.entries, entry.name: entry}
        if entry.digest in self.unnamed:
            self._rows.remove([f"{_BARE}{entry.digest}"])
            self._drop([f"{_BARE}{entry.digest}"])

    def _drop(self, names: Collection[str]) -> None:
        self._texts = {name: text for name, text in self._texts.items() if name not in names}
        self.entries = {name: entry for name, entry in self.entries.items() if name not in names}
        self._note_unnamed()

    def _note_unnamed(self) -> None:
        bare = (name.removeprefix(_BARE) for name in self._texts if name.startswith(_BARE))
        named = {entry.digest for entry in self.entries.values()}
        self.unnamed = tuple(
            digest for each in bare if (digest := Digest.try_parse(each)) is not None and digest not in named
        )


def _text(entry: Entry) -> str:
    return stored_json.encode(as_row(entry)).decode()


def _entry(text: str) -> Entry | None:
    """None for a row that makes no sense."""
    try:
        row: Any = stored_json.decode(text.encode())
    except ValueError:
        return None
    return entry_of(row)
