"""GET `/v2/` and `/v2/_catalog`: that this is a registry, and of which repositories anything is here."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.model.names.reference import Reference
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers
from imagedepot.registry.pull.pages import page
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content


class Catalog:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {
            (Kind.BASE, "GET"): self.base,
            (Kind.BASE, "HEAD"): self.base,
            (Kind.CATALOG, "GET"): self.get,
        }

    async def base(self, asked: Asked) -> ASGIApp:
        return Response(b"{}", 200, headers(asked), "application/json")

    async def get(self, asked: Asked) -> ASGIApp:
        """The repositories that the caller may pull; refused to anonymous callers, who may not see private ones."""
        if asked.caller.anonymous and not asked.caller.is_admin:
            raise Refusal(Code.DENIED, "Only a user may list the repositories")
        names = await self._threads.local(self._content.repositories)
        mine = [name for name in names if asked.caller.reaches(Reference.parse(name))]
        return page(asked, "repositories", mine, {})
