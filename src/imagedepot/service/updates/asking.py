"""Asks the upstream of an image that is here what its tag names now: one HEAD that counts as no pull."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, InvalidInput
from imagedepot.model.content.manifest import Manifest, parse_manifest
from imagedepot.model.depot import DepotId
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, ResolvedLxc, ResolvedOci, default_depot
from imagedepot.model.names.reference import DOCKER_HUB, Reference, TagList
from imagedepot.model.platform import Platform
from imagedepot.protocols import Blobs, Depot, LxcOrigin, OciOrigin

HubSize = Callable[[Reference, Platform, Cancellation], int | None]
Tags = Callable[[Reference, Cancellation], TagList]


def request_for(depots: Mapping[DepotId, Depot], image: InstalledImage, tag: str = "") -> ImageRequest:
    """The request that brings what the image's tag, or another `tag`, names now, with what is known of the image.

    An image that came with an archive, or from a depot that is no longer there, is asked for where images of its type
    usually come from.
    """
    known = depots.get(image.depot) if image.depot is not None else None
    depot = default_depot(image.type) if known is None or known.kind.is_local else known.id
    return ImageRequest(depot, image.type, image.name, tag or image.tag, image.platform, image.remark)


class UpstreamQuestions:
    """`hub_size`: what Docker Hub's API says of a tag's size, since a manifest read at its registry counts as a pull;
    `platform` is the one that downloads are for where an image does not say its own."""

    def __init__(
        self,
        depots: Mapping[DepotId, Depot],
        tags: Tags,
        hub_size: HubSize,
        blobs: Blobs,
        platform: Callable[[], Platform],
    ) -> None:
        self._depots = depots
        self._tags = tags
        self._hub_size = hub_size
        self._blobs = blobs
        self._platform = platform

    def request(self, image: InstalledImage, tag: str = "") -> ImageRequest:
        """The download that would bring what the image's tag, or another `tag`, names now."""
        return request_for(self._depots, image, tag)

    def current(self, image: InstalledImage, cancellation: Cancellation, tag: str = "") -> Digest | None:
        """What the image's tag, or another `tag`, names now; None where a catalog does not say. Raises `DepotError`."""
        request = self.request(image, tag)
        return self._origin(request).current(request, cancellation, is_check=True)

    def is_loaded(self, image: InstalledImage) -> bool:
        """Whether it came with an archive: then its digest is not its registry's, but the archive's or made here."""
        depot = self._depots.get(image.depot) if image.depot is not None else None
        return depot is not None and depot.kind.is_local and image.type is ImageType.DOCKER

    def is_same(self, image: InstalledImage, upstream: Digest, cancellation: Cancellation) -> bool | None:
        """Whether `upstream`, which the image's tag names, is the same image by its ID; None where that is not known.

        At Docker Hub no manifest is read for it, since that counts as a pull: what is kept of it decides.
        """
        request = self.request(image)
        reference = Reference.for_tag(request.name, request.tag)
        if reference.registry == DOCKER_HUB:
            return True if image.id in self._kept_ids(upstream, reference) else None
        try:
            resolved = self._origin(request).resolve(request, upstream, cancellation)
        except Cancelled:
            raise
        except DepotError:
            return None
        return isinstance(resolved, ResolvedOci) and str(resolved.config.digest) == image.id

    def _kept_ids(self, digest: Digest, reference: Reference, depth: int = 3) -> Collection[str]:
        """The IDs of the images of a manifest or an index, of those whose manifests are here."""
        raw = self._blobs.kept_upstream(digest) if depth else None
        if raw is None:
            return ()
        try:
            parsed = parse_manifest(raw, "", reference.familiar)
        except DepotError:
            return ()
        if isinstance(parsed, Manifest):
            return [str(parsed.config.digest)]
        return [each for entry in parsed.images for each in self._kept_ids(entry.digest, reference, depth - 1)]

    def tags(self, image: InstalledImage, cancellation: Cancellation) -> TagList:
        """Every tag of the image's repository. Raises `DepotError`."""
        return self._tags(Reference.for_tag(image.name, image.tag), cancellation)

    def size(self, image: InstalledImage, upstream: Digest, cancellation: Cancellation, tag: str = "") -> int | None:
        """Bytes to fetch at most, None where the upstream does not say or every blob is here: asked once for each newer
        digest.

        At Docker Hub its API is asked. Elsewhere the manifests are read that a download needs anyway, and kept for it.
        """
        request = self.request(image, tag)
        try:
            if image.type is ImageType.DOCKER:
                reference = Reference.for_tag(request.name, request.tag)
                if reference.registry == DOCKER_HUB:
                    return self._hub_size(reference, image.platform or self._platform(), cancellation)
            resolved = self._origin(request).resolve(request, upstream, cancellation)
        except Cancelled:
            raise
        except DepotError:
            return None
        return self._missing(resolved)

    def _missing(self, resolved: ResolvedOci | ResolvedLxc) -> int | None:
        if isinstance(resolved, ResolvedOci):
            return sum(blob.size for blob in resolved.blobs if not self._blobs.has(blob.digest)) or None
        sizes = [file.size for file in resolved.files]
        return sum(size for size in sizes if size is not None) if None not in sizes else None

    def _origin(self, request: ImageRequest) -> OciOrigin | LxcOrigin:
        depot = self._depots[request.depot]
        origin = depot.lxc if request.type is ImageType.LXC else depot.oci
        if origin is None:
            raise InvalidInput(f"{request.depot} has no {request.type} images")
        return origin
