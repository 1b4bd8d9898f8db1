"""Bytes of blobs, from where they are to clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.registry.pull.blob_body import BlobBody
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.mirror.growing import GrowingBlob
from imagedepot.service.distribution.served import WholeBlob

_END = {"type": "http.response.body", "body": b""}


class BlobSender:
    """Answers with the bytes from `start` to `end` of a blob, which nothing gives up meanwhile."""

    def __init__(self, content: Content, threads: Threads) -> None:
        self._content = content
        self._threads = threads

    def whole(self, blob: WholeBlob, status: int, headers: Mapping[str, str], start: int, end: int) -> ASGIApp:
        """Send a blob that is here. All of them are sent from this place."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            body = BlobBody(scope, send, self._threads)
            with self._content.reading(blob.digest):
                source = await self._threads.files(self._content.open, blob, start)
                try:
                    async with _left(receive) as left:
                        await send(_head(status, headers))
                        offset = start
                        while offset < end and not left.is_set():
                            offset += await body.send_some(source, offset, end)
                        if start == end:
                            await send(dict(_END))
                finally:
                    await self._threads.files(source.close)
            self._content.was_sent(offset - start)
            await self._threads.local(self._content.was_read)

        return answer

    def growing(
        self, blob: GrowingBlob, status: int, headers: Mapping[str, str], start: int, end: int | None, client: str
    ) -> ASGIApp:
        """Of a blob on its way, as it arrives, for the `client` with that address; `end` is None where its size is not
        known. A blob that fails cuts the connection: its last byte is not sent before its digest is right."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            body = BlobBody(scope, send, self._threads, has_length=end is not None)
            news, loop = asyncio.Event(), asyncio.get_running_loop()

            def changed() -> None:
                if not news.is_set():
                    loop.call_soon_threadsafe(news.set)

            with self._content.reading(blob.digest), blob.followed(changed, client) as follower:
                async with _left(receive, news) as left:
                    await send(_head(status, headers))
                    offset = start
                    while not left.is_set() and offset != end:
                        news.clear()
                        is_done = blob.is_done
                        here = follower.available() if end is None else min(follower.available(), end)
                        if offset >= here:
                            if is_done:
                                break
                            await news.wait()
                            continue
                        source = await self._threads.files(follower.open)
                        offset += await body.send_some(source, offset, here, is_last=here == end)
                    if end is None and not left.is_set():
                        await send(dict(_END))
            self._content.was_sent(max(0, offset - start))
            await self._threads.local(self._content.was_read)

        return answer


@asynccontextmanager
async def _left(receive: Receive, news: asyncio.Event | None = None) -> AsyncIterator[asyncio.Event]:
    """Set once the client has gone; `news` is set with it."""
    left = asyncio.Event()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()
        if news is not None:
            news.set()

    watching = asyncio.create_task(watch())
    try:
        yield left
    finally:
        watching.cancel()


def _head(status: int, headers: Mapping[str, str]) -> dict[str, object]:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": encoded}
