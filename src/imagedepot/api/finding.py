"""The rows of a remote depot that a query asks for. Free of any web framework: the command line finds the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagedepot.api.query import ListQuery
from imagedepot.api.rows.found import Here
from imagedepot.api.rows.local import UnderWay
from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import DepotName, Found, ImageType, InstalledImage
from imagedepot.service.images import Images


@dataclass(frozen=True, slots=True)
class Finding:
    """`rows` of the wanted page, `total` of all pages; `stale` when they are from before the upstream went away.

    `here` is what to compare them with.
    """

    rows: Sequence[Found]
    total: int
    stale: bool
    here: Here


def find(images: Images, query: ListQuery, under_way: Callable[[], UnderWay]) -> Finding:
    """Raises what the depot raises when it has no rows at all."""
    if query.type is ImageType.LXC and query.depot is not DepotName.APPCENTER:
        return Finding((), 0, False, _here(images, under_way))
    if query.page is not None:
        page = images.find_page(query.depot, query.filter_text, query.page.number, query.page.limit)
        if page is not None:
            return Finding(page.rows, page.total, page.stale, _here(images, under_way))
    listing = images.find(query.depot, query.filter_text)
    here = _here(images, under_way)
    rows = [row for row in listing.rows if query.type in (None, row.type)]
    if query.installed is not None and query.depot is DepotName.APPCENTER:
        rows = [row for row in rows if here.state(row)[0] == query.installed]
    return Finding(rows[query.page.rows] if query.page else rows, len(rows), listing.stale, here)


def _here(images: Images, under_way: Callable[[], UnderWay]) -> Here:
    return Here.of(_installed(images, ImageType.DOCKER), _installed(images, ImageType.LXC), under_way())


def _installed(images: Images, type_: ImageType) -> Sequence[InstalledImage]:
    """Nothing while its engine is away, because a catalog can be read all the same."""
    try:
        return images.local(type_)
    except StoreUnavailable:
        return ()
