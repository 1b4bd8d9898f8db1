"""`protocols.Index` in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from imagedepot.content.watchers import Watchers
from imagedepot.model.digest import Digest
from imagedepot.protocols import Entry


class MemoryIndex:
    def __init__(self) -> None:
        self.entries: Mapping[str, Entry] = {}
        self.strangers: Collection[Digest] = ()
        self.unnamed: Collection[Digest] = ()
        self.loss = ""
        self._lock = threading.Lock()
        self._watchers = Watchers()
        self.watch = self._watchers.watch

    def put(self, entry: Entry) -> None:
        with self._lock:
            self._keep({**self.entries, entry.name: entry})
        self._watchers.tell()

    def swap(self, before: Entry | None, after: Entry) -> bool:
        with self._lock:
            if self.entries.get(after.name) != before:
                return False
            self._keep({**self.entries, after.name: after})
        self._watchers.tell()
        return True

    def remove(self, names: Collection[str]) -> None:
        with self._lock:
            self._keep({name: entry for name, entry in self.entries.items() if name not in names})
        self._watchers.tell()

    def rebuilt(self, keep: Collection[str], unnamed: Mapping[Digest, int]) -> None:
        with self._lock:
            self.unnamed = tuple(unnamed)
            self._keep({name: self.entries[name] for name in keep})
            self.loss = ""
        self._watchers.tell()

    def forget_unnamed(self) -> None:
        self.unnamed = ()
        self._watchers.tell()

    def _keep(self, entries: Mapping[str, Entry]) -> None:
        named = {entry.digest for entry in entries.values()}
        self.entries = entries
        self.unnamed = tuple(digest for digest in self.unnamed if digest not in named)
