"""`stores.json`: which stores were in use, and what is being done with the images of one, over a restart."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from imagedepot.files.records import read_object, write_object
from imagedepot.model.image import ImageType


class Work(StrEnum):
    """What is done with the images of a store that takes no new ones any more."""

    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The places of the stores of one type. `others` are engines that are still listed; `work` is done with the images
    at `work_at`."""

    chosen: str = ""
    others: tuple[str, ...] = ()
    work: Work | None = None
    work_at: str = ""


class StoreMemory:
    """A file that is missing or broken remembers nothing: all images stay where they are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._of = _read(path)

    def of(self, type_: ImageType) -> Remembered:
        return self._of.get(type_, Remembered())

    def choose(self, type_: ImageType, chosen: str, others: tuple[str, ...]) -> None:
        """Raises `StorageFailure`."""
        self._put(type_, lambda before: replace(before, chosen=chosen, others=others))

    def begin(self, type_: ImageType, work: Work, place: str) -> None:
        """Raises `StorageFailure`."""
        self._put(type_, lambda before: replace(before, work=work, work_at=place))

    def end(self, type_: ImageType) -> None:
        """Raises `StorageFailure`."""
        self._put(type_, lambda before: replace(before, work=None, work_at=""))

    def _put(self, type_: ImageType, change: Any) -> None:
        with self._lock:
            known = {**self._of, type_: change(self.of(type_))}
            if known != self._of:
                rows = {each.value: _row(remembered) for each, remembered in known.items()}
                write_object(self._path, rows)
                self._of = known


def _row(remembered: Remembered) -> dict[str, Any]:
    row: dict[str, Any] = {"chosen": remembered.chosen, "others": list(remembered.others)}
    if remembered.work is not None:
        row |= {"work": remembered.work, "work_at": remembered.work_at}
    return row


def _read(path: Path) -> Mapping[ImageType, Remembered]:
    rows = read_object(path)
    try:
        return {type_: _remembered(rows[type_]) for type_ in ImageType if type_ in rows}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remembered(row: Mapping[str, Any]) -> Remembered:
    """Raises `KeyError`, `TypeError`, `ValueError` for what this version did not write."""
    others = tuple(row["others"])
    work = Work(row["work"]) if row.get("work") else None
    places = (row["chosen"], *others, row.get("work_at", ""))
    if not all(isinstance(each, str) for each in places):
        raise TypeError("not a text")
    return Remembered(row["chosen"], others, work, row.get("work_at", ""))
