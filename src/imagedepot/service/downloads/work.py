"""What downloads of both types share: one object for each download, which holds its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import Progress
from imagedepot.content.transfer.pull import Puller
from imagedepot.content.transfer.retry import RetryPolicy
from imagedepot.errors import Cancelled, DepotError, ImageNotFound, NetworkLost, StoreUnavailable
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import ImageRequest, InstalledImage, RemoteFile, ResolvedLxc, ResolvedOci
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs, Lease, Origin, Store

T = TypeVar("T")
R = TypeVar("R", ResolvedOci, ResolvedLxc)
C = TypeVar("C", Descriptor, RemoteFile)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a download ended. `changed` is False when the image was here and up to date.

    `leaves_garbage`: some files may not be needed any more.
    """

    image: InstalledImage
    changed: bool
    warning: str = ""
    leaves_garbage: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What all downloads share; `platform` returns the default platform."""

    blobs: Blobs
    puller: Puller
    space: DiskSpace
    retry_policy: RetryPolicy
    platform: Callable[[], Platform]


class DownloadWork(ABC, Generic[R, C]):
    """One download at work. A subclass knows one type of image."""

    def __init__(
        self,
        tools: Tools,
        request: ImageRequest,
        origin: Origin[R, C],
        store: Store,
        progress: Progress,
        cancellation: Cancellation,
    ) -> None:
        self._tools = tools
        self._blobs = tools.blobs
        self._request = request
        self._origin: Origin[R, C] = origin
        self._target = store
        self._progress = progress
        self._cancellation = cancellation

    def run(self, pinned: R | None, on_resolved: Callable[[R], None]) -> Outcome:
        """As `DownloadPipeline.run`."""
        self._progress.status = DownloadStatus.DOWNLOADING
        if pinned is None:
            before = self._installed()
            known = self._patiently(lambda: self._origin.current(self._request, self._cancellation))
            if before is not None and self._is_current(before, known) and self._is_still_here():
                return Outcome(before, changed=False)
            resolved = self._patiently(lambda: self._origin.resolve(self._request, known, self._cancellation))
            if before is not None and self._is_same(before, resolved) and self._is_still_here():
                return Outcome(before, False, self._warning(before, resolved))
            on_resolved(resolved)
        else:
            # Begun before a restart: an engine may come up later than we do.
            before = self._patiently(_awaited(self._installed))
            resolved = pinned
        with self._blobs.lease() as lease:
            image, warning = self._fetch_and_install(resolved, lease)
            self._progress.settled = True
        garbage = before is not None or self._target.copies_content
        return Outcome(image, changed=True, warning=warning, leaves_garbage=garbage)

    @abstractmethod
    def _installed(self) -> InstalledImage | None:
        """The image of this name that is here."""

    def _is_still_here(self) -> bool:
        """Settle the download with the image that was found, unless it was removed while the upstream was asked."""
        self._progress.settled = True  # first: a removal from here on is followed by a download of its own
        if self._installed() is None:
            self._progress.settled = False
        return self._progress.settled

    @abstractmethod
    def _is_current(self, before: InstalledImage, known: Digest | None) -> bool:
        """Whether the image that is here is the one that the upstream names now."""

    def _is_same(self, before: InstalledImage, resolved: R) -> bool:
        """Whether the image that was resolved is the one that is here, although the digest changed."""
        return False

    def _warning(self, before: InstalledImage, resolved: R) -> str:
        """A warning about the image that stays, or ""."""
        return resolved.warning

    @abstractmethod
    def _fetch_and_install(self, resolved: R, lease: Lease) -> tuple[InstalledImage, str]:
        """Fetch and install; the image and a warning about it."""

    @abstractmethod
    def _hand_over(self, resolved: R, files: Sequence[Digest], report: Callable[[int, int], None]) -> InstalledImage:
        """Hand the files to the store."""

    @abstractmethod
    def _names(self, resolved: R) -> set[str]:
        """All spellings of the image's name."""

    def _install(
        self, resolved: R, files: Sequence[Digest], early: Callable[[], InstalledImage | None] = lambda: None
    ) -> InstalledImage:
        """Install the fetched files; `early` returns the image if the store has it already.

        An engine that goes away meanwhile (for an upgrade, say) is waited for like a lost network. An image that is
        removed from the engine the moment it is there counts as installed.
        """
        self._progress.status = DownloadStatus.INSTALLING
        try:
            return early() or self._patiently(_awaited(lambda: self._given(resolved, files)))
        except ImageNotFound as error:
            if error.name not in self._names(resolved):
                raise
            request = self._request
            return InstalledImage(request.type, request.name, request.tag, 0, depot=request.depot)

    def _given(self, resolved: R, files: Sequence[Digest]) -> InstalledImage:
        self._progress.status = DownloadStatus.INSTALLING
        self._cancellation.check()
        return self._hand_over(resolved, files, self._reporter(self._cancellation))

    def _reporter(self, cancellation: Cancellation) -> Callable[[int, int], None]:
        """The progress callback of a store; raises `Cancelled`."""
        self._progress.given = None

        def report(done: int, total: int) -> None:
            cancellation.check()
            if done:  # 0: the engine is still preparing
                self._progress.given = done, total

        return report

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Call `ask` until it succeeds or no retry is left; the status is `waiting` meanwhile."""
        retry = self._tools.retry_policy.begin()
        while True:
            try:
                answer = ask()
            except Cancelled:
                raise
            except DepotError as error:
                self._progress.status = DownloadStatus.WAITING
                retry.failed(error, self._cancellation)
            else:
                if self._progress.status is DownloadStatus.WAITING:
                    self._progress.status = DownloadStatus.DOWNLOADING
                return answer


def _awaited(ask: Callable[[], T]) -> Callable[[], T]:
    """Treat an engine that is away like a lost network, which is waited for."""

    def asked() -> T:
        try:
            return ask()
        except StoreUnavailable as error:
            raise NetworkLost(str(error)) from error

    return asked
