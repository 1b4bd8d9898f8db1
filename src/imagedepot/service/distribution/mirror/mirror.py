"""The mirror and its use cases: show its state, keep an image, drop one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from imagedepot.errors import Conflict, ImageNotFound, InvalidReference
from imagedepot.model.content.manifest import Descriptor, Manifest, parse_manifest
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, ResolvedOci, default_depot, titled
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.model.names.upstreams import Upstream
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs
from imagedepot.service.distribution.mirror.cache import MirrorCache
from imagedepot.service.distribution.mirror.fetches import BlobFetches
from imagedepot.service.distribution.mirror.figures import Figures
from imagedepot.service.distribution.mirror.images import CachedImage, CachedImages
from imagedepot.service.distribution.mirror.pull_through import PullThrough
from imagedepot.service.distribution.mirror.space import MirrorSpace
from imagedepot.stores.embedded.oci import EmbeddedOciStore


@dataclass(frozen=True, slots=True)
class MirrorState:
    """`limit` and `used` in bytes; `errors`: what each upstream last failed with, by its host."""

    limit: int
    used: int
    figures: Figures
    upstreams: Sequence[Upstream]
    errors: Mapping[str, str]


class Mirror:
    """`limit` tells how many bytes may be cached, 0 for no mirror; `upstreams` which are in the list now."""

    def __init__(
        self,
        cache: MirrorCache,
        through: PullThrough,
        fetches: BlobFetches,
        space: MirrorSpace,
        images: CachedImages,
        blobs: Blobs,
        store: EmbeddedOciStore,
        limit: Callable[[], int],
        upstreams: Callable[[], Iterable[Upstream]],
        platform: Callable[[], Platform],
    ) -> None:
        self.cache = cache
        self.through = through
        self.fetches = fetches
        self.space = space
        self._images = images
        self._blobs = blobs
        self._store = store
        self._limit = limit
        self._upstreams = upstreams
        self._platform = platform

    def for_(self, name: RepositoryName) -> PullThrough | None:
        """The client for the repository's upstream; None for one of our own, and without a mirror."""
        return self.through if name.upstream is not None and self._limit() > 0 else None

    @property
    def figures(self) -> Figures:
        return self.cache.figures.now

    def state(self) -> MirrorState:
        return MirrorState(
            self._limit(), self.space.used(), self.figures, list(self._upstreams()), dict(self.through.errors)
        )

    def images(self) -> Sequence[CachedImage]:
        """The cached images, the one that was used last first."""
        return self._images.all()

    def find(self, name: str, label: str) -> CachedImage:
        """A cached image, by repository and tag or digest. Raises `ImageNotFound`, `InvalidReference`."""
        reference = Reference.for_tag(name, label)
        for image in self._images.all():
            if image.name == reference.name and (label in image.tags or label == str(image.root)):
                return image
        raise ImageNotFound(titled(ImageType.DOCKER, reference.familiar_name, label))

    def keep(self, name: str, label: str) -> InstalledImage:
        """Install what is here whole, for this host's platform if that is among it; nothing is fetched.

        Raises `ImageNotFound`, `Conflict` where no platform is here whole.
        """
        image = self.find(name, label)
        reference = Reference.for_tag(name, label)
        if not image.whole:
            raise Conflict(f"{reference.familiar} is not here whole for any platform: pull it first")
        digest, platform = self._chosen(image)
        with self._blobs.lease() as lease:
            lease.pin(image.members)
            resolved = self._resolved(reference, image, digest, platform)
            request = ImageRequest(
                default_depot(ImageType.DOCKER), ImageType.DOCKER, reference.familiar_name, reference.label, platform
            )
            blobs = [blob.digest for blob in resolved.blobs]
            return self._store.install(request, resolved, self._blobs, blobs, lambda _, __: None)

    def drop(self, name: str, label: str) -> None:
        """Drop a cached image. Raises `ImageNotFound`."""
        self.space.drop(self.find(name, label))

    def close(self) -> None:
        self.through.close()
        self.fetches.close()
        self.cache.note_uses()

    def _chosen(self, image: CachedImage) -> tuple[Digest, Platform | None]:
        wanted = self._platform().accepted()
        fitting = [each for accepted in wanted for each in image.whole if each[1] == accepted]
        return (fitting or list(image.whole))[0]

    def _resolved(
        self, reference: Reference, image: CachedImage, digest: Digest, platform: Platform | None
    ) -> ResolvedOci:
        root, raw = self._blobs.upstream(image.root), self._blobs.upstream(digest)
        manifest = parse_manifest(raw, "", reference.familiar)
        if not isinstance(manifest, Manifest):
            raise InvalidReference(f"{reference.familiar} is not an image")
        types = self.cache.repositories_by_name[image.name].manifests
        return ResolvedOci(
            reference,
            Descriptor(types[image.root].media_type, image.root, len(root)),
            Descriptor(manifest.media_type, digest, len(raw)),
            manifest.config,
            manifest.layers,
            platform,
        )
