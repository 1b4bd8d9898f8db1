"""A download of a docker image: manifest, config, layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.ingest import key_of
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import InvalidAnswer, NoSuchPlatform, UpstreamError
from imagedepot.model.content.config import LARGEST_CONFIG, parse_config, platform_of
from imagedepot.model.content.manifest import Descriptor
from imagedepot.model.digest import Digest
from imagedepot.model.download import PartStatus
from imagedepot.model.image import ImageRequest, InstalledImage, ResolvedOci
from imagedepot.model.platform import Platform
from imagedepot.protocols import Content, Lease, OciOrigin, OciStore
from imagedepot.service.downloads.early import EarlyInstall
from imagedepot.service.downloads.work import DownloadWork, Tools


class OciDownload(DownloadWork[ResolvedOci, Descriptor]):
    """One docker image, by its tag or digest."""

    def __init__(
        self,
        tools: Tools,
        request: ImageRequest,
        origin: OciOrigin,
        store: OciStore,
        progress: Progress,
        cancellation: Cancellation,
    ) -> None:
        super().__init__(tools, request, origin, store, progress, cancellation)
        self._store = store
        self._early: EarlyInstall | None = None

    def _installed(self) -> InstalledImage | None:
        wanted = (self._request.name, self._request.tag)
        return next((image for image in self._store.images() if (image.name, image.tag) == wanted), None)

    def _is_current(self, before: InstalledImage, known: Digest | None) -> bool:
        wanted = self._request.platform or self._tools.platform()
        is_same = known is not None and known == before.digest
        return is_same and before.platform is not None and wanted.runs(before.platform)

    def _is_same(self, before: InstalledImage, resolved: ResolvedOci) -> bool:
        """The tag may name a new index that holds the same image for us: then only its digest is new."""
        if before.id != str(resolved.config.digest):
            return False
        # An archive may have lost the upstream's manifest: an image that is here with it stays as it is.
        return before.digest == resolved.root.digest or not self._origin.keeps_digests

    def _warning(self, before: InstalledImage, resolved: ResolvedOci) -> str:
        return self._suited(resolved, before.platform).warning

    def _names(self, resolved: ResolvedOci) -> set[str]:
        request, reference = self._request, resolved.reference
        return {request.title, f"{request.name}:{request.tag}", str(reference), reference.familiar}

    def _fetch_and_install(self, resolved: ResolvedOci, lease: Lease) -> tuple[InstalledImage, str]:
        lease.pin([resolved.root.digest, resolved.manifest.digest])
        self._keep_manifests(resolved)
        fetched, files = self._fetch(resolved, lease)
        try:
            return self._install(fetched, files, self._early_image), fetched.warning
        except UpstreamError:
            # Perhaps because of a layer that was left out: then the engine lacks more now than before.
            if not self._lacks_more(fetched, files):
                raise
            fetched, files = self._fetch(fetched, lease)
            return self._install(fetched, files, self._early_image), fetched.warning

    def _hand_over(
        self, resolved: ResolvedOci, files: Sequence[Digest], report: Callable[[int, int], None]
    ) -> InstalledImage:
        return self._store.install(self._request, resolved, self._blobs, files, report, self._cancellation)

    def _keep_manifests(self, resolved: ResolvedOci) -> None:
        """Fetch manifests again that a clean-up took since they were resolved (before a restart, say).

        They are leased by now, so they stay.
        """
        if all(self._blobs.kept_upstream(each.digest) is not None for each in (resolved.root, resolved.manifest)):
            return
        digest = resolved.root.digest
        pinned = replace(self._request, tag=str(digest))
        self._patiently(lambda: self._origin.resolve(pinned, digest, self._cancellation))

    def _fetch(self, resolved: ResolvedOci, lease: Lease) -> tuple[ResolvedOci, Sequence[Digest]]:
        """Fetch config and layers; the image with its platform and true sizes, and the files for the store.

        The config comes first: it names the platform, and tells which layers an engine has already. Our own store needs
        every layer, so they come beside the config, unless that decides whether they are wanted.
        """
        self._early = None
        request, progress, space = self._request, self._progress, self._tools.space
        if resolved.config.size > LARGEST_CONFIG:
            raise InvalidAnswer(f"{request.title}: a config of {resolved.config.size:,} bytes is too large")
        progress.expect((key_of(blob), blob.size) for blob in resolved.blobs)
        progress.sized = True
        if not self._store.copies_content:
            space.check(self._missing(resolved.blobs), request.title)
            if request.platform is None or resolved.platform is not None:
                return self._fetch_beside(resolved, lease)
        fetcher = self._origin.fetcher(resolved)
        self._tools.puller.fetch(lease, fetcher, [resolved.config], progress, self._cancellation)
        config = self._config(resolved)
        resolved = self._suited_by(config, resolved)
        layers = list({layer.digest: layer for layer in self._store.lacking(resolved, config)}.values())
        if self._store.copies_content:
            space.check(self._missing(layers), request.title)
        lacking = {layer.digest for layer in layers}
        for layer in resolved.layers:
            if layer.digest not in lacking:
                progress.part(key_of(layer)).finish(PartStatus.SHARED, layer.size)
        files = [resolved.config.digest, *(layer.digest for layer in layers)]
        if self._store.takes_layers_early:
            return self._fetch_early(resolved, layers, files, lease), files
        self._tools.puller.fetch(lease, fetcher, layers, progress, self._cancellation)
        return self._sized(resolved), files

    def _fetch_beside(self, resolved: ResolvedOci, lease: Lease) -> tuple[ResolvedOci, Sequence[Digest]]:
        """Fetch config and layers at the same time. A config that does not make sense ends the layers."""
        suited: list[ResolvedOci] = []

        def landed(digest: Digest) -> None:
            if digest == resolved.config.digest:
                suited.append(self._suited_by(self._config(resolved), resolved))

        fetcher = self._origin.fetcher(resolved)
        files = self._tools.puller.fetch(
            lease, fetcher, resolved.blobs, self._progress, self._cancellation, landed, urgent=1
        )
        return self._sized(suited[0]), files

    def _fetch_early(
        self, resolved: ResolvedOci, layers: Sequence[Descriptor], files: Sequence[Digest], lease: Lease
    ) -> ResolvedOci:
        """Fetch the layers while the engine takes those that are here already."""

        def install(content: Content, cut: Cancellation) -> InstalledImage:
            return self._store.install(self._request, resolved, content, files, self._reporter(cut), cut)

        lease.pin(files)
        fetcher = self._origin.fetcher(resolved)
        with EarlyInstall(install, self._blobs, self._cancellation) as early:
            self._tools.puller.fetch(lease, fetcher, layers, self._progress, self._cancellation, early.landed)
        sized = self._sized(resolved)
        if sized == resolved:
            self._early = early
        else:
            early.give_up()  # the engine was promised files of other sizes
        return sized

    def _early_image(self) -> InstalledImage | None:
        return self._early.image() if self._early else None

    def _sized(self, resolved: ResolvedOci) -> ResolvedOci:
        """The image with the sizes that its blobs have, where the manifest has others."""

        def of(blob: Descriptor) -> Descriptor:
            return replace(blob, size=self._blobs.size(blob.digest)) if self._blobs.has(blob.digest) else blob

        return replace(resolved, config=of(resolved.config), layers=tuple(map(of, resolved.layers)))

    def _lacks_more(self, resolved: ResolvedOci, given: Sequence[Digest]) -> bool:
        return any(layer.digest not in given for layer in self._store.lacking(resolved, self._config(resolved)))

    def _config(self, resolved: ResolvedOci) -> bytes:
        return self._blobs.read(resolved.config.digest)

    def _missing(self, blobs: Sequence[Descriptor]) -> int:
        """Bytes of these blobs that must still come."""
        return sum(
            max(0, blob.size - self._blobs.partial_size(key_of(blob)))
            for blob in blobs
            if not self._blobs.has(blob.digest)
        )

    def _suited_by(self, config: bytes, resolved: ResolvedOci) -> ResolvedOci:
        """As `_suited`; also raises `InvalidAnswer` for a config that does not make sense."""
        parsed = parse_config(config, self._request.title)
        return self._suited(resolved, resolved.platform or platform_of(parsed))

    def _suited(self, resolved: ResolvedOci, platform: Platform | None) -> ResolvedOci:
        """The image with the platform that its config names.

        One for another platform is refused when a platform was asked for, else it gets a warning. Raises
        `NoSuchPlatform`.
        """
        asked = self._request.platform
        wanted = asked or self._tools.platform()
        if platform is None or wanted.runs(platform):
            return replace(resolved, platform=platform)
        if asked is not None:
            raise NoSuchPlatform(self._request.title, str(wanted), (str(platform),))
        warning = f"This image is for {platform}, not for this host's {wanted}"
        return replace(resolved, platform=platform, warning=warning)
