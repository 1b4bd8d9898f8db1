"""The seams of the whole system on one screen: where bytes come from, where images are found, where they live.

Every implementation passes the suite of its seam in `tests/contracts/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.model.digest import Digest
from imagedepot.model.image import (
    DepotName,
    Found,
    ImageRequest,
    ImageType,
    InstalledImage,
    Layer,
    RemoteFile,
    Resolved,
    ResolvedOci,
)
from imagedepot.model.manifest import Descriptor


class ByteStream(Protocol):
    """An answer being read. `start` is the offset of its first byte: 0 where the upstream ignored the range.

    `total` is the whole file's size in bytes where the upstream said so; `validator` an ETag or date to resume with.
    """

    start: int
    total: int | None
    validator: str | None

    def readinto(self, buffer: memoryview) -> int:
        """0 at the end. Raises `ConnectionBroken` when the upstream stops in the middle or is silent for 30 s."""

    def close(self) -> None:
        """Also from another thread, to end a blocked read."""


class Fetcher(Protocol):
    """Give me these bytes from this offset."""

    def open(
        self,
        content: Descriptor | RemoteFile,
        offset: int,
        validator: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> ByteStream:
        """Raises a `DepotError`; its `retryable` and `retry_after` say whether another try makes sense.

        `cancellation` ends the wait for an upstream that does not answer; the stream itself is ended by `close`.
        """


class Depot(Protocol):
    """A place where images are found."""

    name: DepotName

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listing:
        """Every row that matches `query` (empty: all). Raises `Unavailable` only when nothing is cached either."""

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest | None:
        """What the tag names now, by one HEAD, or a GET where the HEAD fails; None where nothing has a digest.

        `is_check`: nothing is downloaded, so nothing may be asked that the upstream counts as a pull.
        """

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> Resolved:
        """Pin it: from `known` (what `current` answered) down to its files.

        Raises `UpstreamNotFound`, `Unsuitable`, `UpstreamError`, `Unavailable`.
        """

    def fetcher(self, resolved: Resolved) -> Fetcher:
        """Where its bytes come from; made anew after a restart."""


class Listing(Protocol):
    """Rows and whether they are stale (from the cache while the upstream is down)."""

    @property
    def rows(self) -> Sequence[Found]: ...

    @property
    def stale(self) -> bool: ...


class Content(Protocol):
    """What a store sees of the content on disk: whole, verified files."""

    def path(self, digest: Digest) -> Path:
        """Where the blob is, or would be."""

    def has(self, digest: Digest) -> bool: ...

    def put(self, content: bytes) -> Digest:
        """Add a small blob of our own making (an OCI twin manifest), durably."""

    def upstream(self, digest: Digest) -> bytes:
        """The upstream's own manifest or index bytes, as its digest covers them."""


class Store(Protocol):
    """A place where images of one type live on this host. Every call may raise `StoreUnavailable`."""

    type: ImageType
    kind: str  # embedded, docker, podman, lxd, incus

    def images(self) -> Sequence[InstalledImage]:
        """An immutable snapshot, the same object until something changes; by name, then tag."""

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        """What `GET …/inspect` answers. Raises `ImageNotFound`."""

    def layers(self, name: str, tag: str) -> Sequence[Layer]:
        """From the base up; empty for LXC. Raises `ImageNotFound`."""

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        """The layers that the store needs to be given; an engine leaves out what it has (by diff id)."""

    def install(
        self,
        request: ImageRequest,
        resolved: Resolved,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        """Make it visible, at once and whole.

        `files`: what was fetched for it and is in `content` (docker: config and lacking layers; lxc: one digest for
        each of `resolved.files`). `progress(done, total)` in bytes, where there is something to wait for; it is called
        again and again, and may raise to end it. `cancellation` ends it also in an engine that does not go on.
        """

    def remove(self, name: str, tag: str | None) -> None:
        """One tag, or all of the repository. Raises `ImageNotFound`, `Conflict` (in use, with the engine's reason)."""

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls `changed` after each change of the snapshot, also those that others make in an engine."""
