"""Turns that the nodes of a fleet take with each other: what one fetches, the others wait for and read as it comes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.keyed_lock import KeyedLock
from imagedepot.errors import StorageFailure
from imagedepot.model.download import PartStatus
from imagedepot.protocols.blobs import Transfer

_LOOK_SECONDS = 0.25
_AWAY_SECONDS = 60.0


class Holder(Protocol):
    """Another node at work: how many bytes it has received."""

    bytes: int
    size: int | None


class Claims(Protocol):
    """What one node holds at a time, `database.fleet.claims.Claims`."""

    def take(self, key: str, work: Transfer) -> bool: ...

    def release(self, key: str) -> None: ...

    def holder(self, key: str) -> Holder | None: ...


class SharedTurns:
    """As `KeyedLock`, first among the threads of this process and then among the nodes.

    Of what another node receives, `stored` bytes are shown: what all can read.
    """

    def __init__(self, claims: Claims, part_size: int = 16 << 20) -> None:
        self._claims = claims
        self._part_size = part_size
        self._local = KeyedLock()

    @contextmanager
    def turn(self, key: str, transfer: Transfer, cancellation: Cancellation) -> Iterator[None]:
        """Raises `Cancelled`, and `StorageFailure` where the database stays away."""
        name = f"turn:{key}"
        with self._local.turn(key, transfer, cancellation):
            self._wait(name, transfer, cancellation)
            try:
                yield
            finally:
                self._claims.release(name)

    def stored(self, received: int) -> int:
        """How much of that is stored for certain: all parts but the last full one, which may be on its way."""
        return max(0, received // self._part_size - 1) * self._part_size

    def _wait(self, name: str, transfer: Transfer, cancellation: Cancellation) -> None:
        patience = time.monotonic() + _AWAY_SECONDS
        while True:
            cancellation.check()
            try:
                if self._claims.take(name, transfer):
                    transfer.status = PartStatus.WAITING
                    return
                holder = self._claims.holder(name)
                patience = time.monotonic() + _AWAY_SECONDS
            except StorageFailure:
                if time.monotonic() > patience:
                    raise
                holder = None
            transfer.status = PartStatus.SHARED
            if holder is not None:
                stored = self.stored(holder.bytes)
                if stored != transfer.bytes:
                    transfer.bytes = stored
                transfer.size = transfer.size or holder.size
            cancellation.wait(_LOOK_SECONDS)
