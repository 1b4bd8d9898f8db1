"""Settings, as people change them while the service runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.changes import detail
from imagedepot.api.rows.settings import setting_row
from imagedepot.api.v1.services import Parts


class SettingCalls:
    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([setting_row(each) for each in self._settings.all()])

    async def put(self, request: Request) -> Response:
        name, value = request.path_params["setting"], body.text(await body.read_json(request), "value")
        detail(request, f"value={value}")
        return answer(setting_row(await self._threads.local(self._settings.put, name, value)))

    async def reset(self, request: Request) -> Response:
        return answer(setting_row(await self._threads.local(self._settings.reset, request.path_params["setting"])))
