"""Bytes of blobs, from clients to files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request

from imagedepot.errors import DepotError
from imagedepot.registry.threads import Threads

BODY = "imagedepot.body"
"""An extension of ASGI: takes `write`, calls it in a thread; whether the whole body came."""

_PIECE = 1 << 20


async def receive_body(request: Request, threads: Threads, write: Callable[[bytes | bytearray], object]) -> None:
    """Hand the body to `write`, in threads, piece by piece, and also what came before a connection broke.

    Raises `ClientDisconnect`, and what `write` raises.
    """
    past_the_event_loop = request.scope.get("extensions", {}).get(BODY)
    if past_the_event_loop is None:  # over TLS, and on the control socket
        await _receive_by_event_loop(request, threads, write)
    elif not await past_the_event_loop(write):
        raise ClientDisconnect


async def _receive_by_event_loop(
    request: Request, threads: Threads, write: Callable[[bytes | bytearray], object]
) -> None:
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= _PIECE:
                piece, held = held, bytearray()
                await threads.files(write, piece)
    except ClientDisconnect:
        with suppress(DepotError):  # no client is there to read of it: the next request finds what is here
            await threads.files(write, held)
        raise
    if held:
        await threads.files(write, held)
