"""Cuts values into batches, since SQLite takes a limited number of them in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_MOST = 500  # fewer than the 999 of SQLite before 3.32, with room for other values of the statement
T = TypeVar("T")


def in_batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[at : at + _MOST] for at in range(0, len(values), _MOST))
