"""Blobs that no index named when an index was rebuilt: no clean-up takes them until an administrator decides.

DATA_DIR/unnamed    their digests, one a line; absent when there are none
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from imagedepot.errors import InvalidReference, StorageFailure
from imagedepot.files.atomic import storage_errors, write_durably
from imagedepot.model.digest import Digest


class Unnamed:
    """The list at `path`; `digests` is replaced, never changed in place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.digests: frozenset[Digest] = frozenset(_read(path))

    def keep(self, digests: Collection[Digest]) -> None:
        """Add these blobs; durable when this returns. Raises `StorageFailure`."""
        self._save(self.digests.union(digests))

    def discard(self, named: Collection[Digest]) -> None:
        """Drop blobs that have a name again."""
        if not self.digests.isdisjoint(named):
            self._save(self.digests.difference(named))

    def forget(self) -> None:
        """Drop all of them. Needs no disk space."""
        self._save(frozenset())

    def _save(self, digests: frozenset[Digest]) -> None:
        if digests:
            write_durably(self._path, "".join(f"{each}\n" for each in sorted(digests)).encode())
        else:
            with storage_errors(self._path):
                self._path.unlink(missing_ok=True)
        self.digests = digests


def _read(path: Path) -> list[Digest]:
    try:
        lines = path.read_text(errors="replace").split()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageFailure(f"Cannot read {path}: {error.strerror}") from error
    found = []
    for line in lines:
        with suppress(InvalidReference):
            found.append(Digest.parse(line))
    return found
