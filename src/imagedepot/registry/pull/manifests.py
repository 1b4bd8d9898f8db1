"""GET and HEAD `/v2/<name>/manifests/<tag or digest>`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.registry.access.private import check_private
from imagedepot.registry.face import Asked, Handlers, headers, warned
from imagedepot.registry.pull.conditions import is_unchanged
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.served import Manifest, ManifestHead


class Manifests:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {(Kind.MANIFEST, "GET"): self.get, (Kind.MANIFEST, "HEAD"): self.get}

    async def get(self, asked: Asked) -> ASGIApp:
        name, label, is_head = asked.repository, asked.target.label, asked.request.method == "HEAD"
        found: Manifest | ManifestHead | None = await self._threads.local(self._content.manifest_here, name, label)
        if found is None:
            found = await self._threads.upstream(
                asked.line, self._content.manifest, name, label, is_head, asked.only_here
            )
        await check_private(asked, self._content, self._threads)
        tag = f'"{found.digest}"'
        common = headers(asked, {"Docker-Content-Digest": str(found.digest), "ETag": tag, **warned(found.warning)})
        if is_unchanged(asked.request, tag):
            return Response(None, 304, common)
        common["Content-Length"] = str(found.size)
        if is_head or isinstance(found, ManifestHead):
            return Response(b"", 200, common, found.media_type)
        self._content.was_sent(found.size)
        return Response(found.raw, 200, common, found.media_type)
