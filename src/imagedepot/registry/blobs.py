"""GET and HEAD `/v2/<name>/blobs/<digest>`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.registry.conditions import asked_range, is_unchanged
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers
from imagedepot.registry.routes import Kind
from imagedepot.registry.sending import file_answer
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.served import WholeBlob

_TYPE = "application/octet-stream"


class Blobs:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {(Kind.BLOB, "GET"): self.get, (Kind.BLOB, "HEAD"): self.get}

    async def get(self, asked: Asked) -> ASGIApp:
        digest = asked_digest(asked.target.label)
        name = asked.repository
        found = await self._threads.local(self._content.blob_here, name, digest)
        if found is None:
            raise Refusal(Code.BLOB_UNKNOWN, f"{name.path} has no blob {digest} here")
        return self._whole(asked, found)

    def _whole(self, asked: Asked, blob: WholeBlob) -> ASGIApp:
        etag = f'"{blob.digest}"'
        common = headers(
            asked,
            {
                "Docker-Content-Digest": str(blob.digest),
                "ETag": etag,
                "Accept-Ranges": "bytes",
                "Content-Type": _TYPE,
            },
        )
        if is_unchanged(asked.request, etag):
            return Response(None, 304, common)
        part = asked_range(asked.request, blob.size, etag)
        start, end = part or (0, blob.size)
        if part is not None:
            common["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
        common["Content-Length"] = str(end - start)
        is_head = asked.request.method == "HEAD"
        return file_answer(self._threads, blob.path, 200 if part is None else 206, common, start, end, is_head)


def asked_digest(text: str) -> Digest:
    """Raises `Refusal`."""
    try:
        return Digest.parse(text)
    except InvalidReference as error:
        raise Refusal(Code.DIGEST_INVALID, str(error)) from error
