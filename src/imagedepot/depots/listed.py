"""Listings of depots (`protocols.Listing`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagedepot.model.image import Found


@dataclass(frozen=True, slots=True)
class Listed:
    """`stale`: from the cache, while the upstream is down."""

    rows: Sequence[Found]
    stale: bool = False


@dataclass(frozen=True, slots=True)
class ListedPage(Listed):
    """Some of the rows; `total` is how many there are in all."""

    total: int = 0


def matches(row: Found, text: str) -> bool:
    """`filter_text`: a part of name, title or description, in any case; `text` is in lower case already."""
    return text in row.name.lower() or text in row.title.lower() or text in row.description.lower()
