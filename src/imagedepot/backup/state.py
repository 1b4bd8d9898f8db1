"""The state of a data folder, read while a service may be changing it: rows first, then what they refer to.

The service writes in the other order (blobs, then an index, then the row), so what is read here is at worst what a kill
would have left, which every start makes up for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagedepot.backup.members import LXC_INDEX, OCI_INDEX, STATE, UNFINISHED, is_state
from imagedepot.database.copy import copy_of
from imagedepot.database.stored import DATABASE
from imagedepot.errors import StorageFailure
from imagedepot.model.digest import Digest


@dataclass(frozen=True, slots=True)
class State:
    """`files`: content by member name; `roots`: the digests that indexes and pushed repositories name."""

    files: Mapping[str, bytes]
    roots: frozenset[Digest]


def read_state(data: Path) -> State:
    """Raises `StorageFailure`."""
    copy = copy_of(data / DATABASE)
    files = {DATABASE: copy.content} if copy else {}
    names = [*STATE, *(f"{UNFINISHED}/{note.name}" for note in sorted(_notes(data)))]
    for name in names:
        content = _read(data / name) if name != DATABASE and is_state(name) else None
        if content is not None:
            files[name] = content
    named = [*_named(files, OCI_INDEX, "manifests"), *_named(files, LXC_INDEX, "images")]
    return State(files, frozenset([*(copy.pushed if copy else ()), *named]))


def _notes(data: Path) -> list[Path]:
    folder = data / UNFINISHED
    return list(folder.iterdir()) if folder.is_dir() else []


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StorageFailure(f"Cannot read {path}: {error.strerror}") from error


def _named(files: Mapping[str, bytes], index: str, key: str) -> Iterator[Digest]:
    """The digests in the rows of an index; a row that makes no sense names none."""
    try:
        rows: Any = json.loads(files.get(index, b"{}"))[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            files_of = row.get("files")
            for text in (row.get("digest"), *(files_of if isinstance(files_of, list) else ())):
                if isinstance(text, str) and (digest := Digest.try_parse(text)) is not None:
                    yield digest
