"""The list of local images as ready bytes: a row is encoded when its images change, not for each request.

Three thousand rows take tens of milliseconds to encode and one to look up, so what was encoded is kept: the whole
list while both stores' snapshots and the downloads under way are the very same objects, each row while its own images
are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from imagedepot.api.http.answers import encoded
from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.service.finding.listing import UnderWay, snapshots
from imagedepot.wire.v1.images.listing import IconUrl, Row, local_row, rows_of


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """The first four are what `content` was made of; `sought` is what a filter looks into, in lower case."""

    row: Row
    downloading: bool
    icon: str
    icon_url: str
    content: bytes
    sought: str


@dataclass(frozen=True, slots=True)
class ReadyRows:
    """The rows of one moment, in order, and all of their bytes with commas between.

    `unnamed`: icons that we could not offer, because no trusted source had named them yet.
    """

    made_of: tuple[object, ...]
    rows: tuple[ReadyRow, ...]
    joined: bytes
    unnamed: frozenset[str]


class LocalRows:
    """`images` may wait, and raise `StoreUnavailable`; `at_hand` gives None in their place. `under_way` are the
    downloads of this moment.
    """

    def __init__(
        self,
        images: Callable[[ImageType], Sequence[InstalledImage]],
        at_hand: Callable[[ImageType], Sequence[InstalledImage] | None],
        under_way: Callable[[], UnderWay],
        icon_url: IconUrl,
        with_digests: bool = True,
    ) -> None:
        self._with_digests = with_digests
        self._images = images
        self._at_hand = at_hand
        self._under_way = under_way
        self._icon_url = icon_url
        self._encoding = threading.Lock()
        self._ready: dict[tuple[ImageType, ...], ReadyRows] = {}

    def at_hand(self, types: Sequence[ImageType]) -> ReadyRows | None:
        """What `now` returns, where that is encoded already and no store has to be waited for; for the event loop."""
        ready = self._ready.get(tuple(types))
        if ready is None:
            return None
        made_of = (*map(self._at_hand, types), self._under_way())
        return ready if self._is_current(ready, made_of) else None

    def now(self, types: Sequence[ImageType]) -> tuple[ReadyRows, Sequence[StoreUnavailable]]:
        """The rows of these types, and which of their stores are away. Raises `StoreUnavailable` when all are."""
        found, away = snapshots(self._images, types)
        return self._encoded(found), away

    def _encoded(self, found: Mapping[ImageType, Sequence[InstalledImage]]) -> ReadyRows:
        under_way = self._under_way()
        made_of = (*found.values(), under_way)
        key = tuple(found)
        ready = self._ready.get(key)
        if ready is not None and self._is_current(ready, made_of):
            return ready
        with self._encoding:
            before = {_key(each.row): each for each in ready.rows} if ready else {}
            lxc, docker = found.get(ImageType.LXC, ()), found.get(ImageType.DOCKER, ())
            rows = tuple(self._row(row, before.get(_key(row)), under_way) for row in rows_of(lxc, docker))
            unnamed = frozenset(each.icon for each in rows if each.icon and not each.icon_url)
            ready = ReadyRows(made_of, rows, b",".join(each.content for each in rows), unnamed)
            self._ready[key] = ready
        return ready

    def _is_current(self, ready: ReadyRows, made_of: tuple[object, ...]) -> bool:
        return _same(ready.made_of, made_of) and not any(map(self._icon_url, ready.unnamed))

    def _row(self, row: Row, before: ReadyRow | None, under_way: UnderWay) -> ReadyRow:
        type_, name, images = row
        tags = [""] if type_ is ImageType.LXC else [image.tag for image in images]
        downloading = any((type_, name, tag) in under_way for tag in tags)
        if before is not None and (before.row[2], before.downloading) == (images, downloading):
            unchanged = before.icon_url == self._icon_url(before.icon)
            if unchanged:
                return before
        answer = local_row(row, under_way, self._icon_url, self._with_digests)
        sought = f"{name}\n{answer.description}".lower()
        return ReadyRow(row, downloading, answer.icon, answer.icon_url, encoded(answer), sought)


def _key(row: Row) -> tuple[ImageType, str, str]:
    return row[0], row[1], row[2][0].store


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
