"""Downloads: what is under way for the clients of old, everything for people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.rows.downloads import download_row, status_row
from imagedepot.api.v1.services import Parts


class DownloadCalls:
    def __init__(self, parts: Parts) -> None:
        self._downloads = parts.downloads
        self._threads = parts.threads
        self._active: object = None
        self._status = answer([])

    async def status(self, request: Request) -> Response:
        """Clients ask this again and again, so an answer is made once for each state."""
        active = self._downloads.active
        if active is not self._active:
            self._status = answer([status_row(each) for each in active])
            self._active = active
        return self._status

    async def list(self, request: Request) -> Response:
        return answer([download_row(each) for each in await self._threads.local(self._downloads.all)])

    async def get(self, request: Request) -> Response:
        return answer(download_row(self._downloads.get(request.path_params["id"])))

    async def remove(self, request: Request) -> Response:
        return answer(download_row(await self._threads.local(self._downloads.remove, request.path_params["id"])))

    async def retry(self, request: Request) -> Response:
        return answer(download_row(await self._threads.local(self._downloads.retry, request.path_params["id"])))
