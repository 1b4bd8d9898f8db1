"""Other machines: how they are configured, and whether they have found the service."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.operation import Operation, Parameter, path_part
from imagedepot.api.services import Parts
from imagedepot.errors import NotFound
from imagedepot.model.access.role import Role
from imagedepot.service.client_config import Client
from imagedepot.wire.v1.clients import ClientConfig, ClientRequest

_GROUP = "Mirror"


class ClientCalls:
    def __init__(self, parts: Parts) -> None:
        self._configs = parts.client_configs
        self._requests = parts.client_requests
        self._threads = parts.threads

    async def config(self, request: Request) -> Response:
        name = request.path_params["client"]
        if name not in set(Client):
            raise NotFound(f"There is no kind of client {name[:40]!r}, only {', '.join(Client)}")
        address = request.query_params.get("address", "")
        config = await self._threads.local(self._configs.write, Client(name), address, _asked_at(request))
        return answer(ClientConfig.of(config))

    async def requests(self, request: Request) -> Response:
        return answer([ClientRequest.of(each) for each in self._requests.latest()])


def _asked_at(request: Request) -> str:
    """The address at which this caller reaches the service; "" over the control socket, which has none."""
    return f"{request.url.scheme}://{request.headers['host']}" if request.client else ""


def operations(parts: Parts) -> Iterator[Operation]:
    calls = ClientCalls(parts)
    yield Operation(
        "GET",
        "/mirror/config/{client}",
        calls.config,
        _GROUP,
        "The files that make a kind of client pull through the service.",
        ClientConfig,
        "For the registries of `IMAGEDEPOT_UPSTREAMS` and the built-in ones.",
        (
            path_part("client", "Which kind.", Client),
            Parameter("address", "Where that client reaches the service, if not as the caller does."),
        ),
        errors=(404,),
    )
    yield Operation(
        "GET",
        "/mirror/clients",
        calls.requests,
        _GROUP,
        "The latest request to `/v2/` of each of the latest clients, newest first.",
        list[ClientRequest],
        role=Role.ADMIN,
    )
