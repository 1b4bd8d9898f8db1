"""The index of LXC images as rows, one for each name, which several nodes share."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from imagedepot.files import stored_json
from imagedepot.model.digest import Digest
from imagedepot.protocols.rows import ImageRows
from imagedepot.stores.embedded.lxc_index import LxcEntry, as_row, entry_of


class LxcRowIndex:
    """As `LxcIndex`; nothing is lost with a node, and a row that cannot be read is not listed."""

    loss = ""
    is_new = False
    strangers: tuple[Digest, ...] = ()

    def __init__(self, rows: ImageRows) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._texts: Mapping[str, str] = {}
        self.entries: Mapping[str, LxcEntry] = {}
        self.reload(None)

    def put(self, entry: LxcEntry) -> None:
        text = stored_json.encode(as_row(entry)).decode()
        with self._lock:
            self._rows.put(entry.name, text)
            self._texts = {**self._texts, entry.name: text}
            self.entries = {**self.entries, entry.name: entry}

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._rows.remove(names)
            self._texts = {name: text for name, text in self._texts.items() if name not in names}
            self.entries = {name: entry for name, entry in self.entries.items() if name not in names}

    def rebuilt(self, keep: Collection[str]) -> None:
        self.remove([name for name in self.entries if name not in keep])

    def reload(self, names: Collection[str] | None) -> None:
        """Load again what others have changed; None: all of it."""
        with self._lock:
            found = self._rows.all(names)
            kept = {} if names is None else {name: text for name, text in self._texts.items() if name not in names}
            texts = {**kept, **found}
            known, before = self.entries, self._texts
            self.entries = {
                name: entry
                for name, text in texts.items()
                if (entry := known[name] if name in known and before.get(name) == text else _entry(text)) is not None
            }
            self._texts = texts


def _entry(text: str) -> LxcEntry | None:
    try:
        return entry_of(stored_json.decode(text.encode()))
    except ValueError:
        return None
