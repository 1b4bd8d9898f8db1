"""A download of an LXC image: one unified file, or metadata and rootfs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagedepot.cancellation import Cancellation
from imagedepot.content.fingerprint import fingerprint_of
from imagedepot.content.transfer.ingest import key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import DigestMismatch
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import ImageRequest, InstalledImage, RemoteFile, ResolvedLxc
from imagedepot.protocols import Lease, LxcOrigin, LxcStore
from imagedepot.service.downloads.work import DownloadWork, Tools


class LxcDownload(DownloadWork[ResolvedLxc, RemoteFile]):
    """One LXC image, by its name: whatever tag is asked for, a catalog has one version."""

    def __init__(
        self,
        tools: Tools,
        request: ImageRequest,
        origin: LxcOrigin,
        store: LxcStore,
        progress: Progress,
        cancellation: Cancellation,
    ) -> None:
        super().__init__(tools, request, origin, store, progress, cancellation)
        self._store = store

    def _installed(self) -> InstalledImage | None:
        return next((image for image in self._store.images() if image.name == self._request.name), None)

    def _is_current(self, before: InstalledImage, known: Digest | None) -> bool:
        """A catalog's tarball has no digest to compare, and its address names its version."""
        wanted = self._request.platform
        is_other = wanted is not None and before.platform not in (None, wanted)
        return known == before.digest or (known is None and not is_other)

    def _fetch_and_install(self, resolved: ResolvedLxc, lease: Lease) -> tuple[InstalledImage, str]:
        progress = self._progress
        progress.expect((key_of(file), file.size) for file in resolved.files)
        progress.sized = True
        fetcher = self._origin.fetcher(resolved)
        digests = self._tools.puller.fetch(lease, fetcher, resolved.files, progress, self._cancellation)
        if resolved.fingerprint is not None:
            progress.status = DownloadStatus.VERIFYING
            actual = fingerprint_of(map(self._blobs.open, digests), self._cancellation.check)
            if actual != resolved.fingerprint:
                raise DigestMismatch(resolved.name, resolved.fingerprint, actual)
        return self._install(resolved, digests), resolved.warning

    def _hand_over(
        self, resolved: ResolvedLxc, files: Sequence[Digest], report: Callable[[int, int], None]
    ) -> InstalledImage:
        return self._store.install(self._request, resolved, self._blobs, files, report, self._cancellation)

    def _names(self, resolved: ResolvedLxc) -> set[str]:
        return {self._request.title, f"{self._request.name}:{self._request.tag}"}
