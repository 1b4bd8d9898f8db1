"""GET `/v2/<name>/tags/list`."""

from __future__ import annotations

from starlette.types import ASGIApp

from imagedepot.registry.access.private import check_private
from imagedepot.registry.face import Asked, Handlers
from imagedepot.registry.pull.blobs import unknown_where_new
from imagedepot.registry.pull.pages import page
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content


class Tags:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {(Kind.TAGS, "GET"): self.get}

    async def get(self, asked: Asked) -> ASGIApp:
        with unknown_where_new(asked, self._content):
            tags = await self._threads.upstream(asked.host, self._content.tags, asked.repository)
        await check_private(asked, self._content, self._threads)
        return page(asked, "tags", tags.rows, {"name": asked.target.name}, tags.warning)
