"""One download, walked from its request to an image in a store (`docs/architecture.md`, "One download, walked").

No queue and no database here: the service's worker and the cold command line both call `DownloadPipeline.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from imagedepot.cancellation import Cancellation
from imagedepot.content.backends.local import BlobStore, Lease
from imagedepot.content.fingerprint import fingerprint_of
from imagedepot.content.gc import GarbageCollector
from imagedepot.content.ingest import key_of
from imagedepot.content.progress import Progress
from imagedepot.content.pull import Puller
from imagedepot.content.retry import RetryPolicy
from imagedepot.errors import (
    Cancelled,
    DepotError,
    DigestMismatch,
    ImageNotFound,
    InvalidAnswer,
    NetworkLost,
    NoSuchPlatform,
    StoreUnavailable,
    UpstreamError,
)
from imagedepot.files.free_space import DiskSpace
from imagedepot.model.config import LARGEST_CONFIG, parse_config, platform_of
from imagedepot.model.digest import Digest
from imagedepot.model.download import DownloadStatus, PartStatus
from imagedepot.model.image import (
    DepotName,
    ImageRequest,
    ImageType,
    InstalledImage,
    Resolved,
    ResolvedLxc,
    ResolvedOci,
)
from imagedepot.model.manifest import Descriptor
from imagedepot.model.platform import Platform
from imagedepot.model.reference import Reference
from imagedepot.protocols import Content, Depot, Fetcher, Store
from imagedepot.remote.oci.endpoint import title_of
from imagedepot.service.downloads.early import EarlyInstall, TakesEarly

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a download came to. `changed` is False when the image was here and up to date."""

    image: InstalledImage
    changed: bool
    warning: str = ""


class DownloadPipeline:
    """Everything that one download needs; `platform` tells what images are wanted for when nobody says otherwise."""

    def __init__(
        self,
        depots: Mapping[DepotName, Depot],
        stores: Mapping[ImageType, Store],
        blobs: BlobStore,
        puller: Puller,
        space: DiskSpace,
        retry_policy: RetryPolicy,
        collector: GarbageCollector,
        platform: Callable[[], Platform],
    ) -> None:
        self._depots = depots
        self._stores = stores
        self._blobs = blobs
        self._puller = puller
        self._space = space
        self._retry_policy = retry_policy
        self._collector = collector
        self.on_success: Callable[[ImageRequest], None] = lambda _: None  # whoever keeps what is unfinished
        self._platform = platform

    def run(
        self,
        request: ImageRequest,
        progress: Progress,
        cancellation: Cancellation,
        resolved: Resolved | None = None,
        on_resolved: Callable[[Resolved], None] = lambda _: None,
    ) -> Outcome:
        """`resolved`: what an earlier run pinned, so that the tag is not asked again; `on_resolved` writes it down.

        Raises `Cancelled`, or one `DepotError` that says why (`sentence` makes it name the image).
        """
        depot, store = self._depots[request.depot], self._stores[request.type]
        progress.status = DownloadStatus.DOWNLOADING
        if resolved is None:
            before = _installed(store, request)
        else:
            # Begun before a restart: an engine may come up later than we do.
            look = _awaited(lambda: _installed(store, request))
            before = self._patiently(look, progress, cancellation)
        if resolved is None:
            known = self._patiently(lambda: depot.current(request, cancellation), progress, cancellation)
            if before is not None and self._is_current(before, known, request):
                return Outcome(before, changed=False)
            resolved = self._patiently(lambda: depot.resolve(request, known, cancellation), progress, cancellation)
            if before is not None and isinstance(resolved, ResolvedOci) and _is_same(before, resolved):
                return Outcome(before, False, self._suited(request, resolved, before.platform).warning)
            on_resolved(resolved)
        with self._blobs.lease() as lease:
            fetcher = depot.fetcher(resolved)
            if isinstance(resolved, ResolvedOci):
                lease.pin([resolved.root.digest, resolved.manifest.digest])
                self._keep_manifests(request, resolved, depot, progress, cancellation)
                resolved, files, early = self._fetch_oci(
                    request, resolved, store, fetcher, lease, progress, cancellation
                )
            else:
                files, early = self._fetch_lxc(resolved, fetcher, lease, progress, cancellation), None
            try:
                image = self._install(request, resolved, store, files, progress, cancellation, early)
            except UpstreamError:
                # Perhaps for want of what was left out: then it lacks more now than it said before.
                if not isinstance(resolved, ResolvedOci):
                    raise
                if not self._lacks_more(store, resolved, files):
                    raise
                resolved, files, early = self._fetch_oci(
                    request, resolved, store, fetcher, lease, progress, cancellation
                )
                image = self._install(request, resolved, store, files, progress, cancellation, early)
        self.on_success(request)
        if before is not None or store.kind != "embedded":
            self._collector.sweep()
        return Outcome(image, changed=True, warning=resolved.warning)

    def sentence(self, request: ImageRequest, error: DepotError) -> str:
        """The error in one sentence that names the image and where it comes from."""
        text = str(error)
        if request.title in text:
            return text
        if request.type is ImageType.LXC or isinstance(error, StoreUnavailable):
            return f"{request.title}: {text}"
        registry = Reference.for_tag(request.name, request.tag).registry
        return f"{request.title} from {title_of(registry)}: {text}"

    def _is_current(self, before: InstalledImage, known: Digest | None, request: ImageRequest) -> bool:
        if request.type is ImageType.LXC:
            # A catalog's tarball has no digest to compare, and its address names its version.
            is_other = request.platform is not None and before.platform not in (None, request.platform)
            return known == before.digest or (known is None and not is_other)
        wanted = request.platform or self._platform()
        return (
            known is not None
            and known == before.digest
            and before.platform is not None
            and wanted.runs(before.platform)
        )

    def _fetch_oci(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        store: Store,
        fetcher: Fetcher,
        lease: Lease,
        progress: Progress,
        cancellation: Cancellation,
    ) -> tuple[ResolvedOci, Sequence[Digest], EarlyInstall | None]:
        """Config first: it tells the platform, and which layers an engine has already.

        Our own store needs every layer, so they come beside the config, unless that decides whether they are wanted.
        """
        if resolved.config.size > LARGEST_CONFIG:
            raise InvalidAnswer(f"{request.title}: a config of {resolved.config.size:,} bytes is none")
        progress.expect((key_of(blob), blob.size) for blob in resolved.blobs)
        progress.sized = True
        missing = sum(self._missing(blob) for blob in resolved.blobs)
        if store.kind == "embedded":
            self._space.check(missing, request.title)
            if request.platform is None or resolved.platform is not None:
                return self._fetch_beside(request, resolved, fetcher, lease, progress, cancellation)
        self._puller.fetch(lease, fetcher, [resolved.config], progress, cancellation)
        config = self._blobs.path(resolved.config.digest).read_bytes()
        resolved = self._suited_by(config, request, resolved)
        layers = list({layer.digest: layer for layer in store.lacking(resolved, config)}.values())
        lacking = {layer.digest for layer in layers}
        if store.kind != "embedded":
            self._space.check(sum(self._missing(layer) for layer in layers), request.title)
        for layer in resolved.layers:
            if layer.digest not in lacking:
                progress.part(key_of(layer)).finish(PartStatus.SHARED, layer.size)
        files = [resolved.config.digest, *(layer.digest for layer in layers)]
        if not isinstance(store, TakesEarly):
            self._puller.fetch(lease, fetcher, layers, progress, cancellation)
            return self._sized(resolved), files, None

        def install(content: Content, cut: Cancellation) -> InstalledImage:
            return store.install(request, resolved, content, files, _told(progress, cut), cut)

        lease.pin(files)
        with EarlyInstall(install, self._blobs, cancellation) as early:
            self._puller.fetch(lease, fetcher, layers, progress, cancellation, early.landed)
        sized = self._sized(resolved)
        if sized == resolved:
            return resolved, files, early
        early.give_up()  # the engine was promised files of other sizes
        return sized, files, None

    def _sized(self, resolved: ResolvedOci) -> ResolvedOci:
        """With the sizes that its blobs have, where the manifest has others."""

        def of(blob: Descriptor) -> Descriptor:
            return replace(blob, size=self._blobs.size(blob.digest)) if self._blobs.has(blob.digest) else blob

        return replace(resolved, config=of(resolved.config), layers=tuple(map(of, resolved.layers)))

    def _fetch_beside(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        fetcher: Fetcher,
        lease: Lease,
        progress: Progress,
        cancellation: Cancellation,
    ) -> tuple[ResolvedOci, Sequence[Digest], None]:
        """Config and layers at the same time. A config that does not make sense ends the layers."""
        suited: list[ResolvedOci] = []

        def landed(digest: Digest) -> None:
            if digest == resolved.config.digest:
                config = self._blobs.path(digest).read_bytes()
                suited.append(self._suited_by(config, request, resolved))

        files = self._puller.fetch(lease, fetcher, resolved.blobs, progress, cancellation, landed, urgent=1)
        return self._sized(suited[0]), files, None

    def _lacks_more(self, store: Store, resolved: ResolvedOci, given: Sequence[Digest]) -> bool:
        config = self._blobs.path(resolved.config.digest).read_bytes()
        return any(layer.digest not in given for layer in store.lacking(resolved, config))

    def _keep_manifests(
        self,
        request: ImageRequest,
        resolved: ResolvedOci,
        depot: Depot,
        progress: Progress,
        cancellation: Cancellation,
    ) -> None:
        """Once leased they stay; a clean-up since they were resolved (before a restart, say) may have taken them."""
        if all(self._blobs.kept_upstream(each.digest) is not None for each in (resolved.root, resolved.manifest)):
            return
        pinned = replace(request, tag=str(resolved.root.digest))
        self._patiently(lambda: depot.resolve(pinned, resolved.root.digest, cancellation), progress, cancellation)

    def _missing(self, blob: Descriptor) -> int:
        """Bytes of it that must still come."""
        if self._blobs.has(blob.digest):
            return 0
        partial = self._blobs.partial(key_of(blob))
        return max(0, blob.size - (partial.stat().st_size if partial.exists() else 0))

    def _suited_by(self, config: bytes, request: ImageRequest, resolved: ResolvedOci) -> ResolvedOci:
        """As `_suited`; also raises `InvalidAnswer` for a config that does not make sense."""
        parsed = parse_config(config, request.title)
        return self._suited(request, resolved, resolved.platform or platform_of(parsed))

    def _suited(self, request: ImageRequest, resolved: ResolvedOci, platform: Platform | None) -> ResolvedOci:
        """A single-platform image tells its platform in its config: refused when another was asked for, else a warning.

        Raises `NoSuchPlatform`.
        """
        wanted = request.platform or self._platform()
        if platform is None or wanted.runs(platform):
            return replace(resolved, platform=platform)
        if request.platform is not None:
            raise NoSuchPlatform(request.title, str(wanted), (str(platform),))
        warning = f"This image is for {platform}, not for this host's {wanted}"
        return replace(resolved, platform=platform, warning=warning)

    def _fetch_lxc(
        self,
        resolved: ResolvedLxc,
        fetcher: Fetcher,
        lease: Lease,
        progress: Progress,
        cancellation: Cancellation,
    ) -> Sequence[Digest]:
        progress.expect((key_of(file), file.size) for file in resolved.files)
        progress.sized = True
        digests = self._puller.fetch(lease, fetcher, resolved.files, progress, cancellation)
        if resolved.fingerprint is not None:
            progress.status = DownloadStatus.VERIFYING
            actual = fingerprint_of(map(self._blobs.path, digests), cancellation.check)
            if actual != resolved.fingerprint:
                raise DigestMismatch(resolved.name, resolved.fingerprint, actual)
        return digests

    def _install(
        self,
        request: ImageRequest,
        resolved: Resolved,
        store: Store,
        files: Sequence[Digest],
        progress: Progress,
        cancellation: Cancellation,
        early: EarlyInstall | None = None,
    ) -> InstalledImage:
        """`early`: the head start it was given.

        An engine that goes away meanwhile (for an upgrade, say) is waited for like a lost network. An image that was
        removed from the engine as soon as it was there has been installed all the same.
        """

        def give() -> InstalledImage:
            progress.status = DownloadStatus.INSTALLING
            cancellation.check()
            tell = _told(progress, cancellation)
            return store.install(request, resolved, self._blobs, files, tell, cancellation)

        progress.status = DownloadStatus.INSTALLING
        try:
            early_image = early.image() if early else None
            return early_image or self._patiently(_awaited(give), progress, cancellation)
        except ImageNotFound as error:
            if not _is_itself(error.name, request, resolved):
                raise
            return InstalledImage(request.type, request.name, request.tag, 0, depot=request.depot)

    def _patiently(self, ask: Callable[[], T], progress: Progress, cancellation: Cancellation) -> T:
        """Ask until it answers or the retries are used up; `waiting` meanwhile."""
        retry = self._retry_policy.begin()
        while True:
            try:
                answer = ask()
            except Cancelled:
                raise
            except DepotError as error:
                progress.status = DownloadStatus.WAITING
                retry.failed(error, cancellation)
            else:
                if progress.status is DownloadStatus.WAITING:
                    progress.status = DownloadStatus.DOWNLOADING
                return answer


def _is_itself(name: str, request: ImageRequest, resolved: Resolved) -> bool:
    """Whether `name` is the image's own, and not that of something it is made of."""
    names = {request.title, f"{request.name}:{request.tag}"}
    if isinstance(resolved, ResolvedOci):
        names |= {str(resolved.reference), resolved.reference.familiar}
    return name in names


def _awaited(ask: Callable[[], T]) -> Callable[[], T]:
    """The same of an engine that is waited for like a lost network."""

    def asked() -> T:
        try:
            return ask()
        except StoreUnavailable as error:
            raise NetworkLost(str(error)) from error

    return asked


def _told(progress: Progress, cancellation: Cancellation) -> Callable[[int, int], None]:
    """What a store is given to tell how far it is; raises `Cancelled`."""
    progress.given = None

    def tell(done: int, total: int) -> None:
        cancellation.check()
        if done:  # 0: it is still looking
            progress.given = done, total

    return tell


def _installed(store: Store, request: ImageRequest) -> InstalledImage | None:
    for image in store.images():
        if image.name == request.name and (image.tag == request.tag or request.type is ImageType.LXC):
            return image
    return None


def _is_same(before: InstalledImage, resolved: ResolvedOci) -> bool:
    """The tag may name a new index that holds the same image for us: only then there is something to write."""
    return before.id == str(resolved.config.digest) and before.digest == resolved.root.digest
