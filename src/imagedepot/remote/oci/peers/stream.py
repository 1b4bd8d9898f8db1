"""A blob that a peer sends, and the registry from the byte on where that ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from imagedepot.errors import ConnectionBroken, DepotError, TimedOut
from imagedepot.protocols import ByteStream
from imagedepot.remote.oci.peers.peer import Peer

_MIB = 1 << 20


class PeerStream:
    """`protocols.ByteStream`. `go_on` opens the blob at its registry, at an offset; `brought` counts the peer's bytes.

    Only the time that reads wait counts against a peer: a bandwidth cap of our own does not make it a slow one.
    """

    validator: str | None = None

    def __init__(self, peer: Peer, stream: ByteStream, size: int, go_on: Callable[[int], ByteStream]) -> None:
        self.peer = peer
        self.start = stream.start
        self.total: int | None = size
        self.brought = 0
        self._stream = stream
        self._size = size
        self._go_on = go_on
        self._waited = 0.0
        self._is_peers = True
        self._is_closed = False

    def readinto(self, buffer: memoryview) -> int:
        """Raises `ConnectionBroken` where the registry does not go on at that byte, and what it raises."""
        if not self._is_peers:
            return self._stream.readinto(buffer)
        try:
            count = self._read(buffer)
        except DepotError as error:
            if self._is_closed:
                raise
            self.peer.failed(error)
            self._switch()
            return self._stream.readinto(buffer)
        if not count:
            self.peer.succeeded()
        return count

    def close(self) -> None:
        self._is_closed = True
        self._stream.close()

    def _read(self, buffer: memoryview) -> int:
        """Read from the peer. Raises `TimedOut` for one that is too slow to be of use."""
        patience = self.peer.patience
        if self._waited > patience.body + self.brought / _MIB * patience.each_mib:
            raise TimedOut(f"{self.peer.host} is slow: {self.brought:,} bytes in {self._waited:.1f} s")
        before = time.monotonic()
        count = self._stream.readinto(buffer)
        self._waited += time.monotonic() - before
        self.brought += count
        if not count and self.start + self.brought < self._size:
            raise ConnectionBroken(f"{self.peer.host} ended the blob early")
        return count

    def _switch(self) -> None:
        self._stream.close()
        self._is_peers = False
        offset = self.start + self.brought
        stream = self._go_on(offset)
        self._stream = stream
        if self._is_closed or stream.start != offset or stream.total not in (None, self._size):
            stream.close()
            raise ConnectionBroken(f"{self.peer.host} broke off, and the registry does not go on at {offset:,}")
