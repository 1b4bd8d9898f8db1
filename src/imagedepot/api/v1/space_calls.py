"""The disk: what takes the space, what can be freed, whether everything is still whole."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http import body
from imagedepot.api.http.answers import answer
from imagedepot.api.http.changes import detail
from imagedepot.api.rows.disk import freed_answer, usage_answer, verdict_answer
from imagedepot.api.v1.services import Parts


class SpaceCalls:
    def __init__(self, parts: Parts) -> None:
        self._space = parts.space
        self._repair = parts.repair
        self._threads = parts.threads
        self._folder = parts.data_dir

    async def usage(self, request: Request) -> Response:
        return answer(usage_answer(await self._threads.local(self._space.usage)))

    async def clean_up(self, request: Request) -> Response:
        content = await body.read_json(request)
        unfinished, unnamed = body.flag(content, "unfinished", False), body.flag(content, "unnamed", False)
        detail(request, f"unfinished={str(unfinished).lower()} unnamed={str(unnamed).lower()}")
        return answer(freed_answer(await self._threads.local(self._space.clean_up, unfinished, unnamed)))

    async def verify(self, request: Request) -> Response:
        repair = body.flag(await body.read_json(request), "repair", False)
        detail(request, f"repair={str(repair).lower()}")
        return answer(verdict_answer(await self._threads.slow(self._repair.verify, repair), self._folder))
