"""The catalogs that feed the App Center."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.changes import detail, target
from imagedepot.api.http.operation import Operation, Parameter
from imagedepot.api.services import Parts
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.wire.v1.catalogs import Catalog, NewCatalog

_GROUP = "Catalogs"


class CatalogCalls:
    def __init__(self, parts: Parts) -> None:
        self._catalogs = parts.catalogs
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([Catalog.of(each) for each in await self._threads.local(self._catalogs.all)])

    async def add(self, request: Request) -> Response:
        address = (await body.read_json(request, NewCatalog)).address
        detail(request, f"address={address}")
        target(request, address)
        rows = await self._threads.upstream(request, address, lambda _: self._catalogs.add(address))
        return answer([Catalog.of(each) for each in rows])

    async def remove(self, request: Request) -> Response:
        address = request.query_params.get("address", "")
        if not address:
            raise InvalidInput("address is missing in the query")
        detail(request, f"address={address}")
        target(request, address)
        return answer([Catalog.of(each) for each in await self._threads.local(self._catalogs.remove, address)])

    async def refresh(self, request: Request) -> Response:
        rows = await self._threads.upstream(request, "every catalog", lambda _: self._catalogs.refresh())
        return answer([Catalog.of(each) for each in rows])


def operations(parts: Parts) -> Iterator[Operation]:
    calls = CatalogCalls(parts)
    rows = list[Catalog]
    yield Operation(
        "GET", "/catalogs", calls.list, _GROUP, "The catalogs, in the order in which they count.", rows, role=Role.ADMIN
    )
    yield Operation(
        "POST",
        "/catalogs",
        calls.add,
        _GROUP,
        "Add a catalog.",
        rows,
        "It is read first; one that cannot be read is not added. Answers all catalogs.",
        body=NewCatalog,
        errors=(404, 409, 422, 502, 503, 504, 507),
    )
    yield Operation(
        "DELETE",
        "/catalogs",
        calls.remove,
        _GROUP,
        "Remove a catalog.",
        rows,
        "Answers those that stay.",
        (Parameter("address", "Of the catalog.", str, required=True),),
        errors=(404, 409, 507),
    )
    yield Operation(
        "POST",
        "/catalogs/refresh",
        calls.refresh,
        _GROUP,
        "Ask every catalog now.",
        rows,
        "One that fails says so in its row.",
    )
