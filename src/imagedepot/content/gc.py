"""Garbage collection: mark from the stores' indexes and the leases, sweep the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.protocols import Blobs, Leftover, Unwanted

_AT_ONCE = 500  # the longest that a lease waits for is that many deletions
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

        What seems to be garbage is marked again, a batch at a time, while no lease can begin: an image is named in
        its index before its lease ends, so nothing that has just landed can be taken for garbage. Where another node
        is at it, nothing is done.
        """
        with self._blobs.sweeping() as is_mine:
            if not is_mine:
                _log.info("clean-up: another node is at it")
                return Freed(0, 0)
            freed = [each.size for batch in self._batches() for each in self._delete(batch)]
            if keep_partials is not None:
                freed += self._discard(keep_partials)
        return Freed(sum(freed), len(freed))

    def reclaimable(self, keep_partials: Collection[str]) -> Freed:
        """What `sweep` would free now."""
        unneeded, stale = self.unneeded(), self.stale(keep_partials)
        return Freed(unneeded.bytes + sum(each.size for each in stale), unneeded.files + len(stale))

    def unneeded(self) -> Freed:
        """What `sweep` would free of whole files."""
        sizes = [each.size for each in self._blobs.unwanted(self._kept(self._blobs.leased()))]
        return Freed(sum(sizes), len(sizes))

    def stale(self, keep_partials: Collection[str]) -> list[Leftover]:
        """The partial files, and what was set aside, that `sweep` would delete."""
        return self._stale({*keep_partials, *self._blobs.leased_keys()})

    def _batches(self) -> Iterator[Sequence[Unwanted]]:
        found = self._blobs.unwanted(self._kept(self._blobs.leased()))
        while batch := list(islice(found, _AT_ONCE)):
            yield batch

    def _delete(self, batch: Sequence[Unwanted]) -> Sequence[Unwanted]:
        with self._blobs.no_new_leases() as (leased, _):
            wanted = self._kept(leased)
            return self._blobs.delete_all([each for each in batch if each.digest not in wanted])

    def _discard(self, keep: Collection[str]) -> list[int]:
        sizes = []
        with self._blobs.no_new_leases() as (_, keys):
            for leftover in self._stale({*keep, *keys}):
                with _logged():
                    sizes.append(self._blobs.discard(leftover))
        return sizes

    def _kept(self, leased: Collection[Digest]) -> frozenset[Digest]:
        return self._wanted().union(self._unnamed(), leased)

    def unnamed(self) -> Sequence[Digest]:
        """Blobs that no image and no download needs, garbage included; ascending."""
        wanted = self._wanted() | self._blobs.leased()
        return sorted(digest for digest in self._blobs.all() if digest not in wanted)

    def _wanted(self) -> frozenset[Digest]:
        return frozenset(digest for roots in self._roots for digest in roots())

    def _stale(self, keep: Collection[str]) -> list[Leftover]:
        """Partial blobs that nothing will resume, and what was set aside."""
        latest = datetime.now(UTC) - timedelta(seconds=self._blobs.grace)
        found = (each for each in self._blobs.leftovers() if not self._blobs.grace or each.modified <= latest)
        return [each for each in found if each.key is None or each.key not in keep]


@contextmanager
def _logged() -> Iterator[None]:
    """Log a file that cannot be deleted, and go on with the others."""
    try:
        yield
    except StorageFailure as error:
        _log.warning("clean-up: %s", error)
