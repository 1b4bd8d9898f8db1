"""Logins at registries, and what Docker Hub says of its limit."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.changes import detail
from imagedepot.api.rows.registries import limits_row, login_row
from imagedepot.api.v1.services import Parts


class RegistryCalls:
    def __init__(self, parts: Parts) -> None:
        self._logins = parts.logins
        self._limits = parts.limits
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        """Credential helpers are asked, and they take their time."""
        logins = await self._threads.upstream(self._logins.logins)
        return answer([login_row(host, login) for host, login in logins])

    async def log_in(self, request: Request) -> Response:
        told = await body.read_json(request)
        host, username, password = request.path_params["host"], body.text(told, "username"), body.text(told, "password")
        detail(request, f"username={username}")
        return answer(login_row(host, await self._threads.upstream(self._logins.log_in, host, username, password)))

    async def log_out(self, request: Request) -> Response:
        await self._threads.local(self._logins.log_out, request.path_params["host"])
        return answer({})

    async def limits(self, request: Request) -> Response:
        return answer(limits_row(self._limits.snapshot()))
