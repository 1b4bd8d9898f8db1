"""The catalogs that feed the App Center."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.changes import detail
from imagedepot.api.rows.catalogs import catalog_row
from imagedepot.api.v1.services import Parts
from imagedepot.errors import InvalidInput


class CatalogCalls:
    def __init__(self, parts: Parts) -> None:
        self._catalogs = parts.catalogs
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([catalog_row(each) for each in await self._threads.local(self._catalogs.all)])

    async def add(self, request: Request) -> Response:
        address = body.text(await body.read_json(request), "address")
        detail(request, f"address={address}")
        return answer([catalog_row(each) for each in await self._threads.upstream(self._catalogs.add, address)])

    async def remove(self, request: Request) -> Response:
        address = request.query_params.get("address", "")
        if not address:
            raise InvalidInput("address is missing in the query")
        detail(request, f"address={address}")
        return answer([catalog_row(each) for each in await self._threads.local(self._catalogs.remove, address)])

    async def refresh(self, request: Request) -> Response:
        return answer([catalog_row(each) for each in await self._threads.upstream(self._catalogs.refresh)])
