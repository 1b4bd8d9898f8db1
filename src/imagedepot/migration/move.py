"""Moves a depot in the order of a backup: blobs, rows and lists of images, and then it counts as moved.

The source stays as it is. A kill at any moment leaves a target that says of itself that it is unfinished; the same
command goes on with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagedepot.backup.commit import commit, discard, staged
from imagedepot.backup.members import LXC_INDEX, OCI_INDEX, mode_of
from imagedepot.backup.restore import has_content
from imagedepot.backup.state import read_state
from imagedepot.database.backends.place import Place
from imagedepot.database.connection import Database
from imagedepot.database.stored import DATABASE, ELSEWHERE
from imagedepot.database.transfer import counts, reading, replace_rows
from imagedepot.errors import Conflict, StorageFailure
from imagedepot.files.atomic import storage_errors, write_whole
from imagedepot.migration.blobs import BlobMove, Moving, plan
from imagedepot.migration.mark import Mark
from imagedepot.protocols import Blobs

BUCKET = "bucket.json"
_PLACES = (BUCKET, ELSEWHERE)
"""What a data folder says of its own bucket and database."""


Progress = Callable[[Moving], object]


@dataclass(frozen=True, slots=True)
class MovedState:
    """`images`: how many are in the lists of our own stores; `rows`: how many each table has."""

    images: int
    rows: Mapping[str, int]


def begin(data: Path, source: str) -> Mark:
    """Make `data` the target of a migration of `source`, or go on with it. Raises `Conflict`, `StorageFailure`."""
    mark = Mark(data)
    before = mark.source()
    if before is None and has_content(data):
        raise Conflict(f"The data folder {data} is not empty: name another one to move to")
    if before not in (None, source):
        raise Conflict(f"A migration of {before} into {data} has not ended: go on with that, or name another folder")
    mark.begin(source)
    return mark


def move_blobs(
    source: Blobs, target: Blobs, mark: Mark, check_room: Callable[[int], object], progress: Progress
) -> Moving:
    """Copy the blobs, also while a service uses them. `check_room` gets the bytes to copy. Raises `StorageFailure`."""
    planned = plan(source, target)
    check_room(planned.lacking)
    return BlobMove(source, target, mark, progress).run(planned)


def move_state(
    data: Path,
    rows: Place,
    target: Path,
    database: Database | None,
    mark: Mark,
    apart: Collection[str],
    more: Mapping[str, bytes],
) -> MovedState:
    """All but the blobs, from the folder `data` and the database `rows`, which no service uses, to the folder `target`.

    `database` is that of the target, None for a file in its folder; keys named `apart` belong to a place; `more` are
    files that the folder lacks. Raises `StorageFailure`.
    """
    discard(target)
    folder = staged(target)
    with storage_errors(folder):
        folder.mkdir(parents=True, mode=0o700)
    files = {name: content for name, content in read_state(data).files.items() if name not in (DATABASE, *_PLACES)}
    files.update(more)
    for name, content in files.items():
        write_whole(folder / name, content, mode_of(name))
    with reading(rows, mark.scratch) as source:
        moved = _move_rows(source, database, folder / DATABASE, apart)
    names = [*files, *_PLACES, *([DATABASE] if database is None else [])]
    commit(target, names)
    return MovedState(_listed(files, OCI_INDEX, "manifests") + _listed(files, LXC_INDEX, "images"), moved)


def _move_rows(source: Database, database: Database | None, file: Path, apart: Collection[str]) -> Mapping[str, int]:
    target = database or Database(file)
    try:
        moved = replace_rows(source, target, apart)
        if counts(target, apart) != moved:
            raise StorageFailure("The target's database does not have as many rows as were written to it")
    finally:
        if database is None:
            target.close()
    return moved


def _listed(files: Mapping[str, bytes], name: str, key: str) -> int:
    """How many images an index names; 0 for one that cannot be read, which is moved all the same."""
    try:
        rows: Any = json.loads(files.get(name, b"{}"))[key]
        return len(rows)
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
