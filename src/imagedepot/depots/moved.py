"""An image of another store of this host as an origin: it comes into the chosen store by the way of every download.

The blobs of our own store are here already. An engine's image is saved to a file first, which is gone at the end; what
came of it before a restart is not copied again.
"""

from __future__ import annotations

import threading
from typing import Self

from imagedepot.cancellation import Cancellation
from imagedepot.content.archives.archive_file import ArchiveFile
from imagedepot.content.archives.incoming import Incoming
from imagedepot.content.archives.pinned import PinnedImage
from imagedepot.depots.archive import MemberStream, images_of
from imagedepot.errors import Conflict, StorageFailure
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, RemoteFile, ResolvedLxc, ResolvedOci
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs, ByteStream, Fetcher, LxcStore, OciStore


class MovedOci:
    """The origin of one docker image of `store`. A context manager: its file goes with the block."""

    def __init__(
        self, store: OciStore, request: ImageRequest, incoming: Incoming, blobs: Blobs, platform: Platform
    ) -> None:
        self._store = store
        self._request = request
        self._incoming = incoming
        self._blobs = blobs
        self._platform = platform
        self._saving = threading.Lock()
        self._saved: tuple[ArchiveFile, PinnedImage] | None = None

    @property
    def keeps_digests(self) -> bool:
        """What an engine saves has lost its manifest."""
        return not self._store.copies_content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._saved = None

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        return None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedOci:
        """Raises `ImageNotFound`, `StoreUnavailable`, `InvalidArchive`, `StorageFailure`."""
        asked = self._request
        own = self._store.pinned(asked.name, asked.tag)
        if own is not None:
            return own
        _, pinned = self._archive(cancellation)
        for document in pinned.documents:
            self._blobs.keep_upstream(Digest.of(document), document)
        reference = Reference.for_tag(asked.name, asked.tag)
        return ResolvedOci(reference, pinned.root, pinned.manifest, pinned.config, pinned.layers, pinned.platform)

    def fetcher(self, resolved: ResolvedOci) -> Fetcher[Descriptor]:
        return self

    def open(
        self, content: Descriptor, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        """Raises `StorageFailure` for a blob that its store should have and has not."""
        if not self._store.copies_content:
            raise _damaged(self._request.title, content.digest)
        file, pinned = self._archive(cancellation or Cancellation())
        span = pinned.spans.get(content.digest)
        if span is None:
            raise StorageFailure(f"{self._request.title} has changed in {self._store.kind} while it was moved")
        return MemberStream(file, span, offset)

    def _archive(self, cancellation: Cancellation) -> tuple[ArchiveFile, PinnedImage]:
        """What the engine saves, which is no file in any folder any more but stays open."""
        with self._saving:
            if self._saved is None:
                asked = self._request
                name = asked.name, asked.tag
                with self._incoming.begin() as file, self._store.archive([name], ArchiveFormat.DOCKER) as saved:
                    for chunk in saved.chunks():
                        cancellation.check()
                        file.write(chunk)
                    archive = ArchiveFile(file.path)
                self._saved = archive, images_of(archive)[0].pin(self._platform, False, cancellation)
            return self._saved


class MovedLxc:
    """The origin of one LXC image of `store`."""

    keeps_digests = True

    def __init__(self, store: LxcStore, request: ImageRequest) -> None:
        self._store = store
        self._request = request

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        return None

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedLxc:
        """Raises `ImageNotFound`, `StoreUnavailable`, `Conflict`."""
        own = self._store.pinned(self._request.name)
        if own is None:
            kind = self._store.kind
            raise Conflict(f"{self._request.title} cannot be moved out of {kind}: download it again")
        return own

    def fetcher(self, resolved: ResolvedLxc) -> Fetcher[RemoteFile]:
        return self

    def open(
        self, content: RemoteFile, offset: int, validator: str | None = None, cancellation: Cancellation | None = None
    ) -> ByteStream:
        raise _damaged(self._request.title, content.sha256)


def _damaged(title: str, digest: Digest | None) -> StorageFailure:
    what = digest.short if digest is not None else "a file"
    return StorageFailure(f"{title} is damaged: {what} is not here; `imagedepot verify --repair` fetches it again")
