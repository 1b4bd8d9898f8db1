"""GET and HEAD `/v2/<name>/manifests/<tag or digest>`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.registry.conditions import is_unchanged
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content


class Manifests:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {(Kind.MANIFEST, "GET"): self.get, (Kind.MANIFEST, "HEAD"): self.get}

    async def get(self, asked: Asked) -> ASGIApp:
        name, label = asked.repository, asked.target.label
        found = await self._threads.local(self._content.manifest_here, name, label)
        if found is None:
            raise Refusal(Code.MANIFEST_UNKNOWN, f"{name.path} has no manifest {label[:150]} here")
        tag = f'"{found.digest}"'
        common = headers(asked, {"Docker-Content-Digest": str(found.digest), "ETag": tag})
        if found.warning:
            common["Warning"] = f'110 - "{found.warning}"'
        if is_unchanged(asked.request, tag):
            return Response(None, 304, common)
        common["Content-Length"] = str(len(found.raw))
        body = b"" if asked.request.method == "HEAD" else found.raw
        return Response(body, 200, common, found.media_type)
