"""Leases: digests and keys of partial files that no clean-up may delete, counted as often as they are leased."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from imagedepot.model.digest import Digest


class Leases:
    """The leases of one process, in memory: they end with it, and so do the downloads that they protect."""

    def __init__(self) -> None:
        self._digests: Counter[Digest] = Counter()
        self._keys: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._sweeping = threading.Lock()

    def lease(self, reading: bool = False) -> Lease:
        """A lease, which a pull must hold, so that no clean-up deletes what has just arrived."""
        return Lease(self)

    def leased(self) -> frozenset[Digest]:
        with self._lock:
            return frozenset(self._digests)

    def leased_keys(self) -> frozenset[str]:
        """Keys of the partial files that are being written."""
        with self._lock:
            return self._keys_now()

    @contextmanager
    def no_new_leases(self) -> Iterator[tuple[frozenset[Digest], frozenset[str]]]:
        """(digests, keys of partial files) that are leased. No lease begins inside: all others may be deleted."""
        with self._lock:
            yield frozenset(self._digests), self._keys_now()

    @contextmanager
    def sweeping(self) -> Iterator[bool]:
        """One clean-up at a time: the next one waits, and finds what it has left."""
        with self._sweeping:
            yield True

    def pin(self, digests: Iterable[Digest], keys: Iterable[str] = ()) -> None:
        with self._lock:
            self._digests.update(digests)
            self._keys.update(keys)

    def unpin(self, digests: Iterable[Digest], keys: Iterable[str] = ()) -> None:
        with self._lock:
            self._digests.subtract(digests)
            self._digests = +self._digests
            self._keys.subtract(keys)
            self._keys = +self._keys

    def _keys_now(self) -> frozenset[str]:
        return frozenset([*self._keys, *(digest.key for digest in self._digests)])


class Lease:
    """Digests that must not be cleaned up until the `with` block ends."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._digests: list[Digest] = []
        self._keys: list[str] = []

    def pin_partial(self, key: str) -> None:
        """To be called before it is opened: content without a digest has no other name until it is whole."""
        self._keys.append(key)
        self._leases.pin((), [key])

    def pin(self, digests: Iterable[Digest]) -> None:
        """To be called before looking whether they are here: what is pinned stays as it is."""
        mine = list(digests)
        self._digests += mine
        self._leases.pin(mine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leases.unpin(self._digests, self._keys)
        self._digests, self._keys = [], []
