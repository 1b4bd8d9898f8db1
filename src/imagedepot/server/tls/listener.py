"""Accepting connections that begin with a TLS handshake.

An event loop's own server reports a connection only after its handshake, so those that never begin one would stand
outside of every cap.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial

from imagedepot.server.connections import Connections

_AT_ONCE = 32  # connections accepted before others get their turn in the event loop
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE = 1.0  # seconds, after which there may be descriptors and memory again


class _Handshake:
    """A connection whose handshake is not complete; an idle one in the book of connections."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.task: asyncio.Task[None] | None = None

    def abort(self) -> None:
        if self.task is not None:
            self.task.cancel()
        self.link.close()  # a task that is cancelled before its first step does nothing of its own

    def check(self, now: float) -> None:
        """The event loop itself ends a handshake that takes too long."""


class TlsListener:
    """Takes the place of an `asyncio.Server` in uvicorn's: `close`, then `wait_closed`. `seconds` for a handshake."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        connections: Connections,
        seconds: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._protocol = protocol
        self._context = context
        self._connections = connections
        self._seconds = seconds
        self._handshakes: set[_Handshake] = set()
        self._pause: asyncio.TimerHandle | None = None
        listener.setblocking(False)
        self._listen()

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        for handshake in list(self._handshakes):
            handshake.abort()

    async def wait_closed(self) -> None:
        """Return at once: `close` has cut the handshakes off."""

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                link, address = self._listener.accept()
            except OSError as error:  # none is left, or it has gone already
                if error.errno in _EXHAUSTED:  # it goes on waiting, and would be reported without end
                    self._loop.remove_reader(self._listener)
                    self._pause = self._loop.call_later(_PAUSE, self._listen)
                return
            link.setblocking(False)
            handshake = _Handshake(link)
            self._connections.add(handshake, str(address[0]))
            handshake.task = self._loop.create_task(self._shake(handshake))
            self._handshakes.add(handshake)
            handshake.task.add_done_callback(partial(self._forget, handshake))

    def _forget(self, handshake: _Handshake, _: asyncio.Task[None]) -> None:
        self._handshakes.discard(handshake)

    async def _shake(self, handshake: _Handshake) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._protocol, handshake.link, ssl=self._context, ssl_handshake_timeout=self._seconds
            )
        except (OSError, asyncio.CancelledError):  # it does not speak TLS, or too slowly; or it had to make room
            handshake.link.close()
        finally:
            self._connections.remove(handshake)
