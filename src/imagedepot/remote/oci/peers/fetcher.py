"""A fetcher that asks the peers for a blob before its registry."""

from __future__ import annotations

from typing import Generic, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import RemoteFile
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import ByteStream, Fetcher
from imagedepot.remote.oci.peers.peers import Peers
from imagedepot.remote.oci.peers.stream import PeerStream

C = TypeVar("C", Descriptor, RemoteFile)


class PeersFirst(Generic[C]):
    """`protocols.Fetcher` of one image or blob: each digest is asked of the peers once, and `upstream` has the rest."""

    def __init__(self, peers: Peers, reference: Reference, upstream: Fetcher[C]) -> None:
        self._peers = peers
        self._reference = reference
        self._upstream: Fetcher[C] = upstream
        self._asked: dict[Digest, PeerStream | None] = {}

    @property
    def brought(self) -> int:
        """The number of bytes that peers sent."""
        return sum(each.brought for each in self._asked.values() if each is not None)

    def open(
        self, content: C, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        digest = content.digest if isinstance(content, Descriptor) else content.sha256

        def go_on(at: int) -> ByteStream:
            return self._upstream.open(content, at, validator, cancellation)

        if digest is None:
            return go_on(offset)
        if digest in self._asked:
            before = self._asked[digest]
            if before is not None and before.brought and offset == 0:  # all that came was wrong
                before.peer.lied(f"{self._reference.familiar_name}@{digest}")
            return go_on(offset)
        self._asked[digest] = None
        stream = self._peers.blob(self._reference, digest, offset, content.size, go_on, cancellation)
        self._asked[digest] = stream
        return stream if stream is not None else go_on(offset)
