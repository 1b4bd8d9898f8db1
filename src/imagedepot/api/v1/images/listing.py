"""`GET /image/`: the rows of one depot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.encoded.found import FoundRows
from imagedepot.api.encoded.local import LocalRows, ReadyRow, ReadyRows
from imagedepot.api.http.answers import raw
from imagedepot.api.http.operation import Operation, Parameter
from imagedepot.api.services import Parts
from imagedepot.cancellation import Cancellation
from imagedepot.model.image import ImageType
from imagedepot.service.finding.list_query import HIGHEST_LIMIT, USUAL_LIMIT, ListQuery
from imagedepot.service.finding.listing import find
from imagedepot.service.finding.relevance import Texts, ranked
from imagedepot.wire.v1.base import DepotName
from imagedepot.wire.v1.images.listing import Listing

GROUP = "Images"
_LIST_QUERY = (
    Parameter("from", "Which depot.", Annotated[DepotName, Meta(extra_json_schema={"default": "local"})]),
    Parameter(
        "type",
        "Images of this type alone.",
        Annotated[Literal["", "docker", "lxc"], Meta(extra_json_schema={"default": ""})],
    ),
    Parameter(
        "filter_text",
        "Part of a name, title or description, in any case; for `dockerhub` what to search for.",
        Annotated[str, Meta(max_length=1000, extra_json_schema={"default": ""})],
    ),
    Parameter("page", "Counts from 1. Alone it means a `limit` of 100.", Annotated[int, Meta(ge=1)]),
    Parameter(
        "limit",
        "Rows of a page. Without `page` and `limit` every row is answered (`dockerhub`: the first 25).",
        Annotated[int, Meta(ge=1, le=HIGHEST_LIMIT, extra_json_schema={"default": USUAL_LIMIT})],
    ),
    Parameter(
        "order",
        "`relevance`: with `filter_text`, the best matches first, one typo forgiven. `catalog`: `appcenter` alone, as "
        "the catalogs have them. `dockerhub` has its own order.",
        Annotated[Literal["name", "relevance", "catalog"], Meta(extra_json_schema={"default": "name"})],
    ),
    Parameter(
        "digests",
        "`local` alone: `false` leaves the digests of docker rows empty, which makes a long list half as long.",
        Literal["", "true", "false"],
    ),
    Parameter("installed", "`appcenter` alone: only what is, or is not, on this host.", Literal["", "true", "false"]),
)

STALE = '110 - "Response is stale"'


class Lists:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._local, self._local_brief = (
            LocalRows(
                parts.images.local, parts.images.at_hand, lambda: parts.downloads.under_way, parts.icons.url, digests
            )
            for digests in (True, False)
        )
        self._remote = FoundRows(parts.icons.url)

    async def list(self, request: Request) -> Response:
        query = ListQuery.parse(request.query_params, self._parts.images.depots)
        if query.is_local:
            ready = None if query.filter_text else self._rows(query).at_hand(_types(query))
            if ready is not None:
                return _page_of(query, ready)  # no thread: two changes of threads cost more than the answer
            return await self._parts.threads.local(self._list_local, query)
        return await self._parts.threads.upstream(
            request, f"the list of {query.depot}", lambda cancellation: self._list_remote(query, cancellation)
        )

    def _rows(self, query: ListQuery) -> LocalRows:
        return self._local if query.with_digests else self._local_brief

    def _list_local(self, query: ListQuery) -> Response:
        ready, away = self._rows(query).now(_types(query))
        # Old clients show what is there; who can read it learns that something is missing.
        headers = {"Warning": ", ".join(warning(str(error)) for error in away)} if away else {}
        return _page_of(query, ready, headers)

    def _list_remote(self, query: ListQuery, cancellation: Cancellation) -> Response:
        found = find(self._parts.images, query, lambda: self._parts.downloads.under_way, cancellation)
        encoded = self._remote.joined(found.depot, found.rows, found.here)
        return raw(_enveloped(query, encoded, found.total), headers={"Warning": STALE} if found.stale else {})


def _types(query: ListQuery) -> Sequence[ImageType]:
    return tuple(ImageType) if query.type is None else (query.type,)


def _page_of(query: ListQuery, ready: ReadyRows, headers: Mapping[str, str] | None = None) -> Response:
    if not query.filter_text and query.page is None:
        return raw(_enveloped(query, ready.joined, len(ready.rows)), headers=headers)
    rows = _matching(ready.rows, query)
    shown = rows[query.page.rows] if query.page else rows
    return raw(_enveloped(query, b",".join(each.content for each in shown), len(rows)), headers=headers)


def _matching(rows: Sequence[ReadyRow], query: ListQuery) -> Sequence[ReadyRow]:
    if query.by_relevance and query.filter_text.strip():
        return ranked(rows, query.filter_text, lambda each: Texts(each.row[1], each.row[1], each.sought))
    sought = query.filter_text.lower()
    return [each for each in rows if sought in each.sought] if sought else rows


def _enveloped(query: ListQuery, rows: bytes, total: int) -> bytes:
    head = msgspec.json.encode({"filter_text": query.filter_text, "from": query.depot})
    tail = msgspec.json.encode({"total_count": total, "type": query.type or ""})
    return b"".join((head[:-1], b',"results":[', rows, b"],", tail[1:]))


def warning(text: str) -> str:
    """The value of a `Warning` header: a quoted string has no quotes, no backslashes, ASCII alone."""
    quotable = text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
    return f'199 - "{quotable}"'


def operations(parts: Parts) -> Iterator[Operation]:
    lists = Lists(parts)
    yield Operation(
        "GET",
        "/image",
        lists.list,
        GROUP,
        "List one depot.",
        Listing,
        "An answer from the cache while its upstream is down carries `Warning: 110`; one without the images of an "
        "engine that is away, `Warning: 199` with the reason.",
        _LIST_QUERY,
        errors=(502, 503, 504),
    )
