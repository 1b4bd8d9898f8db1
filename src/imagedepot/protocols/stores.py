"""Where images live on this host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.model.content.archives import ArchiveFormat
from imagedepot.model.content.lxc import LxcFiles
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, Layer, ResolvedLxc, ResolvedOci
from imagedepot.protocols.archives import ImageArchive
from imagedepot.protocols.content import Content


class Store(Protocol):
    """Images of one type. Every call may raise `StoreUnavailable`.

    `kind` is `embedded`, `docker`, `podman`, `lxd` or `incus`; `address` is where an engine answers, and empty for our
    own. `copies_content`: it copies what it is given (an engine
    does), so that our own content is not needed any more once an image is installed.
    """

    type: ImageType
    kind: str
    address: str
    copies_content: bool

    def images(self) -> Sequence[InstalledImage]:
        """An immutable snapshot, the same object until something changes; by name, then tag."""

    def at_hand(self) -> Sequence[InstalledImage] | None:
        """The same snapshot, or None where it has to be waited for: never waits, never raises."""

    def inspect(self, name: str, tag: str) -> Mapping[str, Any]:
        """The answer of `GET …/inspect`. Raises `ImageNotFound`."""

    def remove(self, name: str, tag: str | None) -> None:
        """Remove one tag, or all of the repository.

        Raises `ImageNotFound`, `Conflict` (in use, with the engine's reason).
        """

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `changed` after each change of the snapshot, including those that others make in an engine."""


class OciStore(Store, Protocol):
    """Docker (OCI) images. `takes_layers_early`: `install` asks for each layer only when its turn comes."""

    takes_layers_early: bool

    def layers(self, name: str, tag: str) -> Sequence[Layer]:
        """The layers from the base up. Raises `ImageNotFound`."""

    def history(self, name: str, tag: str) -> Sequence[Mapping[str, Any]]:
        """The build steps, oldest first, in the keys of an OCI config. Raises `ImageNotFound`."""

    def archive(self, names: Sequence[tuple[str, str]], format_: ArchiveFormat) -> AbstractContextManager[ImageArchive]:
        """Images, by name and tag, as one archive that is whole while the block lasts.

        Raises `ImageNotFound`, `StorageFailure` for one that is damaged, `Conflict` for a format that the store cannot
        write.
        """

    def pinned(self, name: str, tag: str) -> ResolvedOci | None:
        """The image as a download pins it, all of it in our content; None where an engine has its bytes.

        Raises `ImageNotFound`.
        """

    def lacking(self, resolved: ResolvedOci, config: bytes) -> Sequence[Descriptor]:
        """The layers that the store has to be given; an engine leaves out those that it has (by diff id)."""

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        """Make the image visible, at once and whole.

        `files`: its config and the layers that were lacking, all in `content`. `progress(done, total)` in bytes, where
        there is something to wait for; it is called again and again, and may raise to end the installation.
        `cancellation` ends it also in an engine that hangs.
        """


class LxcStore(Store, Protocol):
    """LXC images."""

    def pinned(self, name: str) -> ResolvedLxc | None:
        """As `OciStore.pinned`."""

    def lxc_files(self, name: str, cancellation: Cancellation | None = None) -> LxcFiles:
        """The files that `lxc-create` takes, made on the first demand.

        Raises `ImageNotFound`, `Conflict` in a store that makes containers itself, `Unsuitable`, `InvalidAnswer`,
        `StorageFailure`, `Cancelled`.
        """

    def archive(self, name: str) -> AbstractContextManager[ImageArchive]:
        """The image as a unified tarball, as `lxc image import` takes it, whole while the block lasts.

        Raises `ImageNotFound`, `Conflict` in a daemon that saves its images itself, `Unsuitable`, `InvalidAnswer`,
        `StorageFailure`.
        """

    def install(
        self,
        request: ImageRequest,
        resolved: ResolvedLxc,
        content: Content,
        files: Sequence[Digest],
        progress: Callable[[int, int], None],
        cancellation: Cancellation | None = None,
    ) -> InstalledImage:
        """As `OciStore.install`; `files` has one digest for each of `resolved.files`."""
