"""GET `/v2/<name>/referrers/<digest>`: an index of the manifests that have it as their subject."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.model.content.manifest import OCI_INDEX
from imagedepot.registry.access.private import check_private
from imagedepot.registry.face import Asked, Handlers, headers, warned
from imagedepot.registry.pull.blobs import asked_digest
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content


class Referrers:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {(Kind.REFERRERS, "GET"): self.get}

    async def get(self, asked: Asked) -> ASGIApp:
        digest = asked_digest(asked.target.label)
        listed = await self._threads.upstream(asked.host, self._content.referrers, asked.repository, digest)
        await check_private(asked, self._content, self._threads)
        rows = list(listed.rows)
        common = headers(asked, warned(listed.warning))
        wanted = asked.request.query_params.get("artifactType")
        if wanted:
            rows = [row for row in rows if row.get("artifactType") == wanted]
            common["OCI-Filters-Applied"] = "artifactType"
        body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}
        return Response(json.dumps(body).encode(), 200, common, OCI_INDEX)
