"""The depots of a service, each built when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from imagedepot.model.depot import DepotId
from imagedepot.protocols import Depot

Builders: TypeAlias = Mapping[DepotId, Callable[[], Depot]]
"""How each depot is built, by its id."""


class Depots(Mapping[DepotId, Depot]):
    """The depots by id, each built once by its builder; safe for many threads."""

    def __init__(self, builders: Builders) -> None:
        self._builders = builders
        self._built: dict[DepotId, Depot] = {}
        self._lock = threading.Lock()

    def __getitem__(self, id_: DepotId) -> Depot:
        with self._lock:
            if id_ not in self._built:
                self._built[id_] = self._builders[id_]()
            return self._built[id_]

    def __contains__(self, id_: object) -> bool:
        """Whether there is such a depot; builds none."""
        return id_ in self._builders

    def __iter__(self) -> Iterator[DepotId]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)
