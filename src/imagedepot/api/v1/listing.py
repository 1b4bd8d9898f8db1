"""`GET /image/`: the rows of one depot."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import raw
from imagedepot.api.v1.found import FoundRows
from imagedepot.api.v1.ready import LocalRows
from imagedepot.api.v1.services import Parts
from imagedepot.model.image import DepotName, ImageType
from imagedepot.service.list_query import ListQuery
from imagedepot.service.listing import find

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
        found = find(self._parts.images, query, lambda: self._parts.downloads.under_way)
        encoded = self._remote.joined(query.depot, found.rows, found.here)
        return raw(_enveloped(query, encoded, found.total), headers={"Warning": STALE} if found.stale else {})


def _types(query: ListQuery) -> Sequence[ImageType]:
    return tuple(ImageType) if query.type is None else (query.type,)


def _enveloped(query: ListQuery, rows: bytes, total: int) -> bytes:
    head = orjson.dumps({"filter_text": query.filter_text, "from": query.depot})
    tail = orjson.dumps({"total_count": total, "type": query.type or ""})
    return b"".join((head[:-1], b',"results":[', rows, b"],", tail[1:]))


def _quotable(text: str) -> str:
    """As a quoted string of a header: no quotes, no backslashes, ASCII."""
    return text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
