"""Bodies of any size, from clients to files."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from imagedepot.api.http.threads import Threads

_PIECE = 1 << 20


async def receive(request: Request, threads: Threads, write: Callable[[bytes | bytearray], object]) -> None:
    """Hand the body to `write`, in threads, about a MiB at a time. Raises `ClientDisconnect`, and as `write`."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) >= _PIECE:
            piece, held = held, bytearray()
            await threads.files(write, piece)
    if held:
        await threads.files(write, held)
