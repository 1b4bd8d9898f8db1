"""Garbage collection: mark from the stores' indexes and the leases, sweep the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs, Leftover

_log = logging.getLogger(__name__)
Roots = Callable[[], Iterable[Digest]]


@dataclass(frozen=True, slots=True)
class Freed:
    """Bytes and files that were deleted, or would be."""

    bytes: int
    files: int


class GarbageCollector:
    """Deletes what no image and no download needs.

    `roots`: for each store, every digest (of blobs and of upstream manifests) that its images need; `unnamed`: what
    lost its name with an index, and stays until an administrator gives it up."""

    def __init__(self, blobs: Blobs, roots: Iterable[Roots] = (), unnamed: Roots = tuple) -> None:
        self._blobs = blobs
        self._roots = tuple(roots)
        self._unnamed = unnamed

    def also(self, roots: Roots) -> None:
        """Add roots: these digests are needed too from now on."""
        self._roots = (*self._roots, roots)

    def sweep(self, keep_partials: Collection[str] | None = None) -> Freed:
        """`keep_partials`: keys of the partial files that may still be resumed; the others go, and the quarantine
        too. None keeps all of them. A file that cannot be deleted is logged and costs nothing else.

        The marks are made while no lease can begin: an image is named in its index before its lease ends, so
        nothing that has just landed can be taken for garbage.
        """
        sizes: list[int] = []
        with self._blobs.no_new_leases() as (leased, keys):
            wanted = self._wanted().union(self._unnamed(), leased)
            for digest in list(self._blobs.all()):
                if digest not in wanted:
                    with _logged():
                        sizes.append(self._blobs.delete(digest))
            for digest in list(self._blobs.all_upstream()):
                if digest not in wanted:
                    with _logged():
                        sizes.append(self._blobs.forget_upstream(digest))
            if keep_partials is not None:
                for leftover in self._stale({*keep_partials, *keys}):
                    with _logged():
                        sizes.append(self._blobs.discard(leftover))
        return Freed(sum(sizes), len(sizes))

    def reclaimable(self, keep_partials: Collection[str]) -> Freed:
        """What `sweep` would free now."""
        wanted = self._wanted().union(self._unnamed(), self._blobs.leased())
        sizes = [self._blobs.size(digest) for digest in self._blobs.all() if digest not in wanted]
        sizes += [self._blobs.upstream_size(digest) for digest in self._blobs.all_upstream() if digest not in wanted]
        sizes += [each.size for each in self._stale({*keep_partials, *self._blobs.leased_keys()})]
        return Freed(sum(sizes), len(sizes))

    def unnamed(self) -> Sequence[Digest]:
        """Blobs that no image and no download needs, garbage included; ascending."""
        wanted = self._wanted() | self._blobs.leased()
        return sorted(digest for digest in self._blobs.all() if digest not in wanted)

    def _wanted(self) -> frozenset[Digest]:
        return frozenset(digest for roots in self._roots for digest in roots())

    def _stale(self, keep: Collection[str]) -> list[Leftover]:
        """Partial blobs that nothing will resume, and what was set aside."""
        return [each for each in self._blobs.leftovers() if each.key is None or each.key not in keep]


@contextmanager
def _logged() -> Iterator[None]:
    """Log a file that cannot be deleted, and go on with the others."""
    try:
        yield
    except StorageFailure as error:
        _log.warning("clean-up: %s", error)
