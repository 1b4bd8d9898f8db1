"""Free what nothing uses: mark from the stores' indexes and the leases, sweep the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from imagedepot.content.backends.local import BlobStore, size_of
from imagedepot.model.digest import Digest

Roots = Callable[[], Iterable[Digest]]


@dataclass(frozen=True, slots=True)
class Freed:
    """Bytes and files that went, or would go."""

    bytes: int
    files: int


class GarbageCollector:
    """`roots`: for each store, every digest (of blobs and of upstream manifests) that its images need."""

    def __init__(self, blobs: BlobStore, roots: Iterable[Roots]) -> None:
        self._blobs = blobs
        self._roots = tuple(roots)

    def also(self, roots: Roots) -> None:
        """What somebody else needs from now on."""
        self._roots = (*self._roots, roots)

    def sweep(self, keep_partials: Collection[str] | None = None) -> Freed:
        """`keep_partials`: keys of the partial files that somebody may still resume; the others go, and the quarantine
        too. None keeps all of them.

        The marks are made while no lease can begin: an image is named in its index before its lease ends, so
        nothing that has just landed can be taken for garbage.
        """
        freed = files = 0
        with self._blobs.no_new_leases() as leased:
            wanted = self._wanted() | leased
            for digest in list(self._blobs.all()):
                if digest not in wanted:
                    freed += self._blobs.delete(digest)
                    files += 1
            for digest in list(self._blobs.all_upstream()):
                if digest not in wanted:
                    self._blobs.forget_upstream(digest)
            if keep_partials is not None:
                for path in self._stale(set(keep_partials) | {each.key for each in leased}):
                    freed += size_of(path)
                    files += 1
                    path.unlink(missing_ok=True)
                    path.with_name(f"{path.name}.json").unlink(missing_ok=True)
        return Freed(freed, files)

    def reclaimable(self, keep_partials: Collection[str]) -> Freed:
        """What `sweep` would free now."""
        wanted = self._wanted() | self._blobs.leased()
        sizes = [self._blobs.size(digest) for digest in self._blobs.all() if digest not in wanted]
        sizes += [size_of(path) for path in self._stale(set(keep_partials))]
        return Freed(sum(sizes), len(sizes))

    def _wanted(self) -> frozenset[Digest]:
        return frozenset(digest for roots in self._roots for digest in roots())

    def _stale(self, keep: Collection[str]) -> list[Path]:
        """Partial files that nobody will resume, and what lies in the quarantine."""
        files = [path for path in self._blobs.partials.iterdir() if path.suffix != ".json"]
        aside = list(self._blobs.quarantine.iterdir()) if self._blobs.quarantine.is_dir() else []
        return [path for path in files if path.name.partition(".")[0] not in keep] + aside
