"""The service itself: what it is, who is asking, where images live, and their icons."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.caller import caller_of
from imagedepot.api.rows.disk import space_row
from imagedepot.api.rows.system import engine_row, store_row
from imagedepot.api.v1.services import Parts


class SystemCalls:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def icon(self, request: Request) -> Response:
        icon = await self._parts.threads.upstream(self._parts.icons.get, request.path_params["key"])
        return Response(icon.content, 200, icon.headers, icon.content_type)

    async def system(self, request: Request) -> Response:
        caller = caller_of(request)
        parts = self._parts
        stores = await parts.threads.local(parts.stores_in_use)
        return answer(
            {
                "version": parts.version,
                "platform": str(parts.platform()),
                "users_defined": parts.access.has_users,
                "username": caller.username,
                "is_admin": caller.is_admin,
                "space": space_row(parts.space.now()),
                "stores": [store_row(each) for each in stores],
                "engines_seen": [engine_row(each) for each in parts.engines_seen()],
            }
        )
