"""Counters of the mirror, which only go up."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests that were answered from here and those that an upstream was needed for; bytes."""

    hits: int = 0
    misses: int = 0
    from_upstream: int = 0
    to_clients: int = 0
    from_peers: int = 0


class Counters:
    """The counters; safe for many threads. `now` is the value to save."""

    def __init__(self, kept: Mapping[str, int]) -> None:
        self._lock = threading.Lock()
        self._counts = {name: kept.get(name, 0) for name in Figures.__dataclass_fields__}

    def add(
        self, *, hits: int = 0, misses: int = 0, from_upstream: int = 0, to_clients: int = 0, from_peers: int = 0
    ) -> None:
        with self._lock:
            self._counts["hits"] += hits
            self._counts["misses"] += misses
            self._counts["from_upstream"] += from_upstream
            self._counts["to_clients"] += to_clients
            self._counts["from_peers"] += from_peers

    @property
    def now(self) -> Figures:
        with self._lock:
            return Figures(**self._counts)
