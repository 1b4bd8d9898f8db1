"""The callbacks for changes of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchers:
    """Implements `watch` of `protocols.Store` and `protocols.Index`."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[None]:
        """While inside, `changed` is called at each `tell`."""
        self._watchers.append(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)

    def tell(self) -> None:
        for changed in list(self._watchers):
            changed()
