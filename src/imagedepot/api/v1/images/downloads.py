"""Downloads: those under way, as the original clients ask for them, and all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.encoded.downloads import Snapshot
from imagedepot.api.encoded.events import MEDIA, Events
from imagedepot.api.http.answers import answer, encoded, raw
from imagedepot.api.http.bodies.body import read_json
from imagedepot.api.http.caller import require_repository
from imagedepot.api.http.operation import Operation, Parameter, path_part
from imagedepot.api.services import Parts
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.model.download import Download as Facts
from imagedepot.model.text.moment import parse_moment
from imagedepot.service.downloads.line.either_queue import LISTED
from imagedepot.service.finding.list_query import whole_number
from imagedepot.wire.v1.images.downloads import ActiveDownload, Download, ForgottenDownloads, WantedPlace

_GROUP = "Downloads"
_ID = path_part("id", "The `id` of a download's row.")


class DownloadCalls:
    def __init__(self, parts: Parts, snapshot: Snapshot) -> None:
        self._downloads = parts.downloads
        self._snapshot = snapshot
        self._threads = parts.threads
        self._active: object = None
        self._status = answer([])

    async def status(self, request: Request) -> Response:
        """Answer with the downloads under way; clients poll this, so it is encoded once for each state."""
        active = self._downloads.active
        if active is not self._active:
            self._status = answer([ActiveDownload.of(each) for each in active])
            self._active = active
        return self._status

    async def list(self, request: Request) -> Response:
        query = request.query_params
        if "limit" not in query and "before" not in query:
            return raw(await self._threads.local(self._snapshot.json))
        limit = whole_number("limit", query.get("limit", str(LISTED)), LISTED)
        return raw(await self._threads.local(self._page, limit, query.get("before")))

    def _page(self, limit: int, before: str | None) -> bytes:
        return encoded([Download.of(each) for each in self._downloads.page(limit, before)])

    async def get(self, request: Request) -> Response:
        return answer(Download.of(self._one(request)))

    def _one(self, request: Request) -> Facts:
        """Raises `NotFound`, `Forbidden`."""
        download = self._downloads.get(request.path_params["id"])
        require_repository(request, download.request.type, download.request.name)
        return download

    async def remove(self, request: Request) -> Response:
        self._one(request)
        return answer(Download.of(await self._threads.local(self._downloads.remove, request.path_params["id"])))

    async def retry(self, request: Request) -> Response:
        self._one(request)
        return answer(Download.of(await self._threads.local(self._downloads.retry, request.path_params["id"])))

    async def clear(self, request: Request) -> Response:
        asked = request.query_params.get("before")
        before = datetime.now(UTC) if asked is None else parse_moment(asked)
        if before is None:
            raise InvalidInput(f"before is not a time such as 2026-11-23T20:00:00Z: {asked!r:.80}")
        return answer(ForgottenDownloads(forgotten=await self._threads.local(self._downloads.clear, before)))

    async def move(self, request: Request) -> Response:
        self._one(request)
        place = (await read_json(request, WantedPlace)).place
        if place < 1:
            raise InvalidInput(f"Places are counted from 1: {place} is not one")
        return answer(Download.of(await self._threads.local(self._downloads.move, request.path_params["id"], place)))


def operations(parts: Parts) -> Iterator[Operation]:
    snapshot = Snapshot(parts.downloads)
    calls, events = DownloadCalls(parts, snapshot), Events(parts, snapshot)
    yield Operation(
        "GET",
        "/image/downloadstatus",
        calls.status,
        _GROUP,
        "The downloads that wait or run, in order of asking.",
        list[ActiveDownload],
        "One that has ended, well or badly, is not in it any more.",
    )
    yield Operation(
        "GET",
        "/downloads",
        calls.list,
        _GROUP,
        "Downloads, newest first, ended ones included.",
        list[Download],
        "Without `limit` and `before` the newest 1,000, and every one that is under way. Those that ended more than 30 "
        "days ago are forgotten, and the oldest of more than 5,000.",
        (
            Parameter("limit", "Rows of a page.", Annotated[int, Meta(ge=1, le=LISTED)]),
            Parameter("before", "The `id` of the last row of the page before.", str),
        ),
        errors=(404,),
    )
    yield Operation(
        "GET",
        "/downloads/events",
        events.stream,
        _GROUP,
        "What happens, as server-sent events.",
        str,
        "First `snapshot` with every row of `GET /downloads`; then `download` with a row, at most four times a second "
        "for each, `images` when the list of local images has changed, and `mirror` when `GET /mirror/fetches` has. A "
        "comment every 15 s. It ends with the session and with the service.",
        (
            Parameter(
                "changes",
                "`1`: after its first `download` a row comes as `change`, with its `id`, the keys that changed, and of "
                "`layers` those that changed, each by its `index` and the keys that changed.",
                Literal["", "1"],
            ),
        ),
        media=MEDIA,
    )
    yield Operation(
        "GET",
        "/downloads/{id}",
        calls.get,
        _GROUP,
        "One download.",
        Download,
        parameters=(_ID,),
        errors=(404,),
        any_token=True,
    )
    yield Operation(
        "DELETE",
        "/downloads/{id}",
        calls.remove,
        _GROUP,
        "Cancel a download, or forget one that has ended.",
        Download,
        "Answers its last state.",
        (_ID,),
        errors=(404,),
        role=Role.MEMBER,
        any_token=True,
    )
    yield Operation(
        "DELETE",
        "/downloads",
        calls.clear,
        _GROUP,
        "Forget the downloads that were done or cancelled.",
        ForgottenDownloads,
        "Those that failed stay, until each is retried or forgotten.",
        (Parameter("before", "Only those that ended by then; without it all.", datetime),),
        errors=(400, 507),
        role=Role.MEMBER,
    )
    yield Operation(
        "POST",
        "/downloads/{id}/retry",
        calls.retry,
        _GROUP,
        "Ask once more for what has ended.",
        Download,
        "What had arrived is not fetched again. One that is under way stays as it is.",
        (_ID,),
        errors=(404, 507),
        role=Role.MEMBER,
        any_token=True,
    )
    yield Operation(
        "POST",
        "/downloads/{id}/move",
        calls.move,
        _GROUP,
        "Move a download in the line of those that wait for their turn.",
        Download,
        "The line keeps its order over a restart. One that has begun is not moved: 409.",
        (_ID,),
        body=WantedPlace,
        errors=(400, 404, 409, 507),
        role=Role.MEMBER,
    )
