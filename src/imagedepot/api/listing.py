"""`GET /image/`: the rows of one depot (`spec/api.md`, section 1)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.answers import raw
from imagedepot.api.found import FoundRows
from imagedepot.api.parts import Parts
from imagedepot.api.query import ListQuery
from imagedepot.api.ready import LocalRows
from imagedepot.api.rows.found import Here
from imagedepot.depots.listed import Listed
from imagedepot.errors import StoreUnavailable
from imagedepot.model.image import DepotName, Found, ImageType, InstalledImage
from imagedepot.protocols import Listing

STALE = '110 - "Response is stale"'


class Lists:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._local = LocalRows(parts.images.local, lambda: parts.downloads.under_way, parts.icons.url)
        self._remote = FoundRows(parts.icons.url)

    async def list(self, request: Request) -> Response:
        query = ListQuery.parse(request.query_params)
        if query.depot is DepotName.LOCAL:
            return await self._parts.threads.local(self._list_local, query)
        return await self._parts.threads.upstream(self._list_remote, query)

    def _list_local(self, query: ListQuery) -> Response:
        ready, away = self._local.now(_types(query))
        # Old clients show what is there; who can read it learns that something is missing.
        headers = {"Warning": ", ".join(f'199 - "{_quotable(str(error))}"' for error in away)} if away else {}
        if not query.filter_text and query.page is None:
            return raw(_enveloped(query, ready.joined, len(ready.rows)), headers=headers)
        sought = query.filter_text.lower()
        rows = [each for each in ready.rows if sought in each.sought] if sought else ready.rows
        shown = rows[query.page.rows] if query.page else rows
        return raw(_enveloped(query, b",".join(each.content for each in shown), len(rows)), headers=headers)

    def _list_remote(self, query: ListQuery) -> Response:
        listing, rows, total = self._found(query)
        here = self._compared()
        if query.installed is not None and query.depot is DepotName.APPCENTER:
            rows = [row for row in rows if here.state(row)[0] == query.installed]
        if total is None:
            total = len(rows)
            rows = rows[query.page.rows] if query.page else rows
        encoded = self._remote.encoded(query.depot, rows, here)
        return raw(_enveloped(query, encoded, total), headers={"Warning": STALE} if listing.stale else {})

    def _found(self, query: ListQuery) -> tuple[Listing, Sequence[Found], int | None]:
        """Rows of the wanted type, and how many there are in all where the upstream itself has cut out the page."""
        images = self._parts.images
        if query.type is ImageType.LXC and query.depot is not DepotName.APPCENTER:
            return Listed(()), (), 0
        if query.page is not None:
            page = images.find_page(query.depot, query.filter_text, query.page.number, query.page.limit)
            if page is not None:
                return page, page.rows, page.total
        listing = images.find(query.depot, query.filter_text)
        return listing, [row for row in listing.rows if query.type in (None, row.type)], None

    def _compared(self) -> Here:
        """What is here, and under way, to compare rows with."""
        docker, lxc = self._here(ImageType.DOCKER), self._here(ImageType.LXC)
        return Here.of(docker, lxc, self._parts.downloads.under_way)

    def _here(self, type_: ImageType) -> Sequence[InstalledImage]:
        """What is installed; nothing while its engine is away, because a catalog can be read all the same."""
        try:
            return self._parts.images.local(type_)
        except StoreUnavailable:
            return ()


def _types(query: ListQuery) -> Sequence[ImageType]:
    return tuple(ImageType) if query.type is None else (query.type,)


def _enveloped(query: ListQuery, rows: bytes, total: int) -> bytes:
    head = orjson.dumps({"filter_text": query.filter_text, "from": query.depot})
    tail = orjson.dumps({"total_count": total, "type": query.type or ""})
    return b"".join((head[:-1], b',"results":[', rows, b"],", tail[1:]))


def _quotable(text: str) -> str:
    """As a quoted string of a header: no quotes, no backslashes, ASCII."""
    return text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
