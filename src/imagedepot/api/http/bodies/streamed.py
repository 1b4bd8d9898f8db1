"""Answers that are made while they are sent: archives of images, or the part of one that the client asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from imagedepot.api.http.answers import HEADERS, failure
from imagedepot.api.http.threads import Threads
from imagedepot.model.byte_range import asked_range
from imagedepot.protocols import ImageArchive

TAR = "application/x-tar"
_END = {"type": "http.response.body", "body": b""}
_PIECE = 1 << 20


class ArchiveAnswer(Response):
    """The bytes of an open archive, which is closed at the end. A failure in the middle cuts the connection."""

    def __init__(
        self,
        request: Request,
        opened: AbstractContextManager[ImageArchive],
        archive: ImageArchive,
        threads: Threads,
        file_name: str,
    ) -> None:
        super().__init__(None, 200)
        self._opened = opened
        self._archive = archive
        self._threads = threads
        self._is_head = request.method == "HEAD"
        self._file_name = file_name
        self._range = (request.headers.get("range"), request.headers.get("if-range"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        finally:
            await self._threads.files(self._opened.__exit__, None, None, None)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, etag = self._archive.size, self._archive.etag
        headers = {**HEADERS, "Content-Type": TAR, "Content-Disposition": f'attachment; filename="{self._file_name}"'}
        status, start, end = 200, 0, size
        if size is not None and etag is not None:
            headers |= {"ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
            part = asked_range(*self._range, size, f'"{etag}"')
            if part is not None:
                start, end = part
                if start >= end:
                    unsatisfied = {"Content-Range": f"bytes */{size}"}
                    refusal = failure(416, f"The archive has {size:,} bytes", unsatisfied)
                    await refusal(scope, receive, send)
                    return
                status = 206
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        if end is not None:
            headers["Content-Length"] = str(end - start)
        await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
        if self._is_head:
            await send(dict(_END))
            return
        chunks = self._archive.chunks(start, end) if size is not None else self._archive.chunks()
        async with _left(receive) as left:
            while not left.is_set() and (piece := await self._threads.files(_piece, chunks)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if not left.is_set():
                await send(dict(_END))


async def archive_answer(
    request: Request, open_: Callable[[], AbstractContextManager[ImageArchive]], threads: Threads, file_name: str
) -> Response:
    """Open the archive in a thread, and answer with it. Raises what opening it raises."""
    opened = open_()
    return ArchiveAnswer(request, opened, await threads.files(opened.__enter__), threads, file_name)


def _piece(chunks: Iterator[bytes]) -> bytes:
    """About a MiB of chunks, which costs one change of threads; empty at the end."""
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= _PIECE:
            break
    return bytes(piece)


@asynccontextmanager
async def _left(receive: Receive) -> AsyncIterator[asyncio.Event]:
    """Set once the client has gone."""
    left = asyncio.Event()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    watching = asyncio.create_task(watch())
    try:
        yield left
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
