"""Makes a backup: blobs first, then the state that names them, again until every blob that is named has been copied.

The data folder may be in use. Blobs never change, so nothing has to stop: what a download adds in the meantime is
copied in the next round, and what a removal takes away is named by the next state no more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from imagedepot import __version__
from imagedepot.backup.archive import ArchiveWriter, Head
from imagedepot.backup.members import blob_member, upstream_member
from imagedepot.backup.state import State, read_state
from imagedepot.content.backends.local import BlobStore
from imagedepot.content.reachable import is_document, reachable
from imagedepot.database.copy import revision_of
from imagedepot.database.stored import DATABASE, ELSEWHERE
from imagedepot.errors import Conflict, NotFound
from imagedepot.files.whole_file import whole_file
from imagedepot.model.digest import Digest

_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """`bytes` of all members; `lacking`: blobs that the state names and that are not here, as `verify` reports."""

    files: int
    bytes: int
    lacking: Collection[Digest]


def back_up(data: Path, file: str, with_blobs: bool = True, paused: Callable[[], object] = lambda: None) -> Saved:
    """Write the backup of `data` to `file`, which is there as a whole or not at all; `-` is standard output.

    `paused` is called between a state and the look at its blobs; tests change the folder in it. Raises `NotFound`,
    `StorageFailure`, `Conflict`.
    """
    if not data.is_dir():
        raise NotFound(f"There is no data folder {data}")
    if (data / ELSEWHERE).exists():
        raise Conflict(
            f"The rows of {data} are in PostgreSQL, which this command does not read: stop the service, and back up "
            "the folder and the database (pg_dump) with their own tools"
        )
    with whole_file(file, 0o600, f"the backup {file}") as output:  # for its owner alone: it has secrets in it
        return _Backup(data, ArchiveWriter(output), with_blobs, paused).run()


class _Backup:
    def __init__(self, data: Path, archive: ArchiveWriter, with_blobs: bool, paused: Callable[[], object]) -> None:
        self._data = data
        self._archive = archive
        self._with_blobs = with_blobs
        self._paused = paused
        self._blobs = BlobStore(data)

    def run(self) -> Saved:
        made = datetime.now(UTC).isoformat(timespec="seconds")
        self._archive.begin(Head(__version__, revision_of(self._data / DATABASE), made, self._with_blobs))
        if self._with_blobs:
            self._copy_all()
        before: frozenset[Digest] | None = None
        for _ in range(_MOST_ROUNDS):
            state = read_state(self._data)
            self._paused()
            lacking = self._copy_named(state)
            if not lacking or lacking == before:  # twice the same is no removal in the meantime: it was not here before
                return self._end(state, lacking)
            before = lacking
        raise Conflict(f"{self._data} changes too fast to be backed up: try again when less is removed")

    def _end(self, state: State, lacking: frozenset[Digest]) -> Saved:
        for name, content in state.files.items():
            self._archive.put(name, content)
        files = len(self._archive.names) - 1  # without the head
        self._archive.end()
        return Saved(files, self._archive.bytes, sorted(lacking))

    def _copy_all(self) -> None:
        for digest in self._blobs.all():
            self._copy(blob_member(digest))

    def _copy_named(self, state: State) -> frozenset[Digest]:
        """Copy all blobs that the state names; returns those that are not here."""
        for digest in self._blobs.all_upstream():
            self._copy(upstream_member(digest))
        needed = frozenset(digest for root in state.roots for digest in reachable(self._blobs, root))
        if not self._with_blobs:
            needed = frozenset(each for each in needed if each in state.roots or is_document(self._blobs, each))
        return frozenset(digest for digest in needed if not self._copy(blob_member(digest)))

    def _copy(self, name: str) -> bool:
        """Copy a blob, unless it is in the archive already; False if it is not here. Raises `StorageFailure`."""
        if name in self._archive.names:
            return True
        try:
            with (self._data / name).open("rb") as file:
                self._archive.add(name, file, os.fstat(file.fileno()).st_size)
        except FileNotFoundError:
            return False
        return True
