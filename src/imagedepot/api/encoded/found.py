"""Rows of the remote depots as ready bytes: a row is encoded once for as long as nothing about it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagedepot.api.http.answers import encoded
from imagedepot.model.depot import DepotId
from imagedepot.model.image import Found
from imagedepot.protocols import Depot
from imagedepot.service.finding.listing import Here
from imagedepot.wire.v1.images.listing import IconUrl, found_row

_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class _Encoded:
    """`content` was made of the others. Holding `row` keeps its identity from becoming another row's."""

    row: Found
    state: tuple[bool, bool]
    icon_url: str
    content: bytes


class FoundRows:
    """Encoded rows of remote depots.

    A depot returns the same objects until they change, so rows are compared by identity.
    """

    def __init__(self, icon_url: IconUrl) -> None:
        self._icon_url = icon_url
        self._kept: dict[DepotId, dict[int, _Encoded]] = {}

    def joined(self, depot: Depot, rows: Sequence[Found], here: Here) -> bytes:
        """The encoded rows of `depot`, with commas between."""
        before = self._kept.get(depot.id, {})
        now = {id(row): self._encoded(depot, row, here, before.get(id(row))) for row in rows}
        # A part of a list does not push out the rest of it; searches find ever new rows.
        kept = {**before, **now}
        self._kept[depot.id] = kept if len(kept) <= _MOST_KEPT else now
        return b",".join(now[id(row)].content for row in rows)

    def _encoded(self, depot: Depot, row: Found, here: Here, before: _Encoded | None) -> _Encoded:
        state, icon_url = here.state(row), self._icon_url(row.icon)
        if before is not None and before.row is row and (before.state, before.icon_url) == (state, icon_url):
            return before
        return _Encoded(row, state, icon_url, encoded(found_row(depot, row, here, self._icon_url)))
