"""GET and HEAD `/v2/<name>/blobs/<digest>`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.errors import InvalidReference, TimedOut, Unavailable, UpstreamError, UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.registry.access.private import check_private
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers
from imagedepot.registry.pull.conditions import asked_range, is_unchanged
from imagedepot.registry.pull.sending import BlobSender
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.mirror.growing import GrowingBlob
from imagedepot.service.distribution.served import WholeBlob

_TYPE = "application/octet-stream"
_FIRST_BYTE_SECONDS = 20.0


class Blobs:
    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads
        self._sender = BlobSender(content, threads)

    @property
    def handlers(self) -> Handlers:
        return {(Kind.BLOB, "GET"): self.get, (Kind.BLOB, "HEAD"): self.head}

    async def head(self, asked: Asked) -> ASGIApp:
        digest, name = asked_digest(asked.target.label), asked.repository
        with unknown_where_new(asked, self._content):
            size = await self._threads.upstream(asked.line, self._content.blob_size, name, digest, asked.only_here)
        await check_private(asked, self._content, self._threads)
        common = self._common(asked, digest)
        if is_unchanged(asked.request, common["ETag"]):
            return Response(None, 304, common)
        if size is not None:
            common["Content-Length"] = str(size)
        return Response(None, 200, common)

    async def get(self, asked: Asked) -> ASGIApp:
        digest, name = asked_digest(asked.target.label), asked.repository
        with unknown_where_new(asked, self._content):
            blob = await self._threads.upstream(asked.line, self._content.blob, name, digest, asked.only_here)
        await check_private(asked, self._content, self._threads)
        common = self._common(asked, digest)
        if is_unchanged(asked.request, common["ETag"]):
            return Response(None, 304, common)
        client = asked.request.client.host if asked.request.client else ""
        if isinstance(blob, GrowingBlob):
            with unknown_where_new(asked, self._content):
                await _begun(blob, client)
        elif (elsewhere := self._content.redirect(blob)) is not None:
            return Response(None, 307, {**common, "Location": elsewhere, "Cache-Control": "no-store"})
        size = blob.size
        part = asked_range(asked.request, size, common["ETag"]) if size is not None else None
        start, end = part or (0, size)
        if part is not None:
            common["Content-Range"] = f"bytes {start}-{part[1] - 1}/{size}"
        if end is not None:
            common["Content-Length"] = str(end - start)
        status = 200 if part is None else 206
        if isinstance(blob, WholeBlob):
            return self._sender.whole(blob, status, common, start, blob.size if end is None else end)
        return self._sender.growing(blob, status, common, start, end, client)

    @staticmethod
    def _common(asked: Asked, digest: Digest) -> dict[str, str]:
        more = {
            "Docker-Content-Digest": str(digest),
            "ETag": f'"{digest}"',
            "Accept-Ranges": "bytes",
            "Content-Type": _TYPE,
        }
        return headers(asked, more)


async def _begun(blob: GrowingBlob, client: str) -> None:
    """Wait for the first byte, so that an upstream that has none is answered in the shape of a failure.

    Raises what the upstream gave, `TimedOut`.
    """
    news, loop = asyncio.Event(), asyncio.get_running_loop()

    def changed() -> None:
        loop.call_soon_threadsafe(news.set)

    with blob.followed(changed, client):
        try:
            async with asyncio.timeout(_FIRST_BYTE_SECONDS):
                while not blob.has_begun:
                    blob.check()
                    await news.wait()
                    news.clear()
        except TimeoutError as error:
            raise TimedOut("The upstream has sent no byte of the blob in time") from error
        blob.check()


@contextmanager
def unknown_where_new(asked: Asked, content: Content) -> Iterator[None]:
    """An upstream that cannot be asked is no failure for a bare name of which nothing is here: it may be about to
    become a repository of our own, since a push begins with such questions. Raises `UpstreamNotFound` then."""
    try:
        yield
    except (Unavailable, TimedOut, UpstreamError) as error:
        if isinstance(error, UpstreamNotFound) or not asked.is_bare or content.has_repository(asked.repository.name):
            raise
        path = asked.repository.path
        raise UpstreamNotFound(f"Nothing is known of the repository {path} here, and upstream: {error}") from error


def asked_digest(text: str) -> Digest:
    """Raises `Refusal`."""
    try:
        return Digest.parse(text)
    except InvalidReference as error:
        raise Refusal(Code.DIGEST_INVALID, str(error)) from error
