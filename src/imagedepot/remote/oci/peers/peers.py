"""The peers: each is asked in turn for a digest, never for a tag, and not while it is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError
from imagedepot.model.access.login import Logins
from imagedepot.model.content.manifest import ACCEPTED
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import ByteStream
from imagedepot.remote.http.answers.ranges import positioned, range_headers
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.oci.peers.patience import Patience
from imagedepot.remote.oci.peers.peer import Peer
from imagedepot.remote.oci.peers.stream import PeerStream

_ACCEPT = {"Accept": ", ".join(ACCEPTED)}


class Peers:
    """Safe for many threads. `patience` is for those that are named from then on."""

    def __init__(
        self,
        bases: Iterable[str],
        transport: Transport,
        logins: Logins,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._logins = logins
        self.patience = patience or Patience()
        self._clock = clock
        self._peers: dict[str, Peer] = {}
        self.name(bases)

    def name(self, bases: Iterable[str]) -> None:
        """Replace the peers' addresses; a peer that is left alone stays so."""
        self._peers = {
            base: self._peers.get(base) or Peer(base, self._transport, self._logins, self.patience, self._clock)
            for base in bases
        }

    def manifest(
        self, reference: Reference, digest: Digest, limit: int, cancellation: Cancellation | None = None
    ) -> tuple[bytes, str] | None:
        """A manifest or index with this digest, of at most `limit` bytes, and its Content-Type. Raises `Cancelled`."""
        return self._whole("manifests", reference, digest, limit, cancellation)

    def small_blob(
        self, reference: Reference, digest: Digest, limit: int, cancellation: Cancellation | None = None
    ) -> bytes | None:
        """As `manifest`, for a small blob."""
        found = self._whole("blobs", reference, digest, limit, cancellation)
        return found[0] if found is not None else None

    def blob(
        self,
        reference: Reference,
        digest: Digest,
        offset: int,
        size: int | None,
        go_on: Callable[[int], ByteStream],
        cancellation: Cancellation | None = None,
    ) -> PeerStream | None:
        """The blob from `offset` on, of a peer that has exactly the promised `size` and begins at that byte."""
        for peer in self._awake():
            answer = peer.ask("blobs", reference, digest, range_headers(offset), cancellation)
            if answer is None:
                continue
            try:
                stream = positioned(answer, offset)
            except DepotError as error:
                peer.failed(error)
                continue
            total = stream.total
            if stream.start == offset and total is not None and size in (None, total):
                return PeerStream(peer, stream, total, go_on)
            stream.close()
        return None

    def _whole(
        self, kind: str, reference: Reference, digest: Digest, limit: int, cancellation: Cancellation | None
    ) -> tuple[bytes, str] | None:
        for peer in self._awake():
            answer = peer.ask(kind, reference, digest, _ACCEPT if kind == "manifests" else {}, cancellation)
            if answer is None:
                continue
            try:
                raw = answer.read(limit)
            except Cancelled:
                raise
            except DepotError as error:
                peer.failed(error)
                continue
            if Digest.of(raw, digest.algorithm) == digest:
                peer.succeeded()
                return raw, answer.header("Content-Type")
            peer.lied(f"{reference.familiar_name}@{digest}")
        return None

    def _awake(self) -> Iterator[Peer]:
        return (each for each in self._peers.values() if not each.is_resting)
