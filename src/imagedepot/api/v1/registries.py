"""Logins at registries, and what Docker Hub says of its limit."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import caller_of
from imagedepot.api.http.changes import detail
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.api.v1.images.listing import warning
from imagedepot.model.access.role import Role
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.registries import Limits, Registry, RegistryLogin

_GROUP = "Registries"
_HOST = path_part("host", "`host[:port]`; `docker.io` is Docker Hub.")


class RegistryCalls:
    def __init__(self, parts: Parts) -> None:
        self._logins = parts.logins
        self._limits = parts.limits
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        """Answer with all logins; credential helpers are run for it, which takes a while."""
        logins, troubles = await self._threads.upstream(
            request, "credential helpers", lambda _: (self._logins.logins(), self._logins.troubles())
        )
        headers = {"Warning": ", ".join(map(warning, troubles))} if troubles else {}
        return answer([Registry.of(host, login) for host, login in logins], headers=headers)

    async def log_in(self, request: Request) -> Response:
        login = await body.read_json(request, RegistryLogin)
        host = request.path_params["host"]
        detail(request, f"username={login.username}")
        saved = await self._threads.upstream(
            request, host, lambda flag: self._logins.log_in(host, login.username, login.password, flag)
        )
        return answer(Registry.of(host, saved))

    async def log_out(self, request: Request) -> Response:
        await self._threads.local(self._logins.log_out, request.path_params["host"])
        return answer(Nothing())

    async def limits(self, request: Request) -> Response:
        """Answer with Docker Hub's limit; only administrators see which address or account is counted."""
        limits = Limits.of(self._limits())
        return answer(limits if caller_of(request).is_admin else msgspec.structs.replace(limits, source=None))


def operations(parts: Parts) -> Iterator[Operation]:
    calls = RegistryCalls(parts)
    yield Operation(
        "GET", "/registries", calls.list, _GROUP, "The logins that downloads use.", list[Registry], role=Role.ADMIN
    )
    yield Operation(
        "PUT",
        "/registries/{host:path}",
        calls.log_in,
        _GROUP,
        "Check a login at its registry, and save it.",
        Registry,
        parameters=(_HOST,),
        body=RegistryLogin,
        errors=(502, 503, 504, 507),
    )
    yield Operation(
        "DELETE",
        "/registries/{host:path}",
        calls.log_out,
        _GROUP,
        "Forget a login.",
        Nothing,
        parameters=(_HOST,),
        errors=(404, 507),
    )
    yield Operation("GET", "/limits", calls.limits, _GROUP, "How many pulls Docker Hub has left for us.", Limits)
