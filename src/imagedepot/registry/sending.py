"""Bytes of blobs, from files to clients."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from imagedepot.registry.threads import Threads

_PIECE = 1 << 20


def file_answer(
    threads: Threads, path: Path, status: int, headers: dict[str, str], start: int, end: int, is_head: bool
) -> ASGIApp:
    """The bytes from `start` to `end` of a whole file. The one place where blobs that are here are sent."""

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        head = {"type": "http.response.start", "status": status, "headers": encoded(headers)}
        if is_head or start == end:
            await send(head)
            await send({"type": "http.response.body", "body": b""})
            return
        file = await threads.files(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            await send(head)
            offset = start
            while offset < end:
                piece = await threads.files(os.pread, file, min(_PIECE, end - offset), offset)
                if not piece:
                    raise OSError(f"{path.name} is shorter than it was")
                offset += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": offset < end})
        finally:
            os.close(file)

    return answer


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
