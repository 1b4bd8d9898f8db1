"""The bytes of a blob as the body of an answer: past the event loop where the server offers that for files."""

from __future__ import annotations

from starlette.types import Scope, Send

from imagedepot.protocols import BlobBytes
from imagedepot.registry.threads import Threads

ZERO_COPY_SEND = "http.response.zerocopysend"
"""An extension of ASGI: the server sends a part of a file by itself."""

_SMALL = 64 << 10  # cheaper to read than to hand over
_PIECE = 1 << 20
_STRETCH = 64 << 20  # after that it is counted, and looked whether the client is still there


class BlobBody:
    """The body of one answer, whose head has been sent; `has_length`: with a Content-Length."""

    def __init__(self, scope: Scope, send: Send, threads: Threads, *, has_length: bool = True) -> None:
        self._send = send
        self._threads = threads
        self._is_offered = has_length and ZERO_COPY_SEND in scope.get("extensions", {})

    async def send_some(self, source: BlobBytes, offset: int, end: int, is_last: bool = True) -> int:
        """Send bytes of `source` from `offset` on, not beyond `end`; how many. `is_last`: the body ends there.

        Raises `StorageFailure` when there are no more, and what else reading them raises.
        """
        file = source.descriptor
        if file is not None and self._is_offered and end - offset > _SMALL:
            count = min(_STRETCH, end - offset)
            part = {"file": file, "offset": offset, "count": count, "more_body": not is_last or offset + count < end}
            await self._send({"type": ZERO_COPY_SEND, **part})
            return count
        piece = await self._threads.files(source.read_at, offset, min(_PIECE, end - offset))
        more = not is_last or offset + len(piece) < end
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})
        return len(piece)
